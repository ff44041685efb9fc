// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake_memory.h"
#include "process/remote_memory.h"

namespace flowtap::memory_test {

namespace {

constexpr std::uint64_t kPage = 4096;

std::uint64_t address_of(const void* pointer) { return reinterpret_cast<std::uint64_t>(pointer); }

TEST(ReadCString, StopsAtTheNulThoughNothingIsMappedBehindIt) {
    FakeMemory memory;
    memory.map(kPage, kPage);
    memory.put_bytes(2 * kPage - 4, "end", 4);
    EXPECT_EQ(memory.read_cstring(2 * kPage - 4, 100), "end");
}

TEST(ReadCString, CrossesPagesAndChunks) {
    FakeMemory memory;
    memory.map(kPage, 2 * kPage);
    const std::string text(1000, 'x');
    memory.put_bytes(2 * kPage - 300, text.c_str(), text.size() + 1);
    EXPECT_EQ(memory.read_cstring(2 * kPage - 300, 1001), text);
    EXPECT_EQ(memory.read_cstring(2 * kPage - 300, 1000), std::nullopt) << "no NUL within that many bytes";
}

TEST(ReadCString, FailsWhereTheStringRunsOffTheMap) {
    FakeMemory memory;
    memory.map(kPage, kPage);
    memory.put_bytes(2 * kPage - 3, "abc", 3);
    EXPECT_EQ(memory.read_cstring(2 * kPage - 3, 100), std::nullopt);
    EXPECT_EQ(memory.read_cstring(~0ULL, 100), std::nullopt);
    EXPECT_EQ(memory.read_cstring(0, 100), std::nullopt);
    EXPECT_EQ(memory.read_cstring(kPage, 0), std::nullopt);
}

TEST(RemoteMemory, ReadsAnotherProcess) {
    static volatile std::uint64_t value = 0x1122334455667788;
    const pid_t child = ::fork();
    if (child == 0) {
        ::pause();
        ::_exit(0);
    }
    const auto memory = RemoteMemory::open(child);
    ASSERT_TRUE(memory) << memory.error().message();
    value = 1;
    EXPECT_EQ(memory->read<std::uint64_t>(address_of(const_cast<std::uint64_t*>(&value))),
              0x1122334455667788);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    EXPECT_EQ(memory->read<std::uint64_t>(address_of(const_cast<std::uint64_t*>(&value))), std::nullopt);
}

TEST(RemoteMemory, RefusesWhatIsNotMapped) {
    auto* const pages = static_cast<char*>(
        ::mmap(nullptr, 2 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    ASSERT_NE(pages, MAP_FAILED);
    ASSERT_EQ(::munmap(pages + kPage, kPage), 0);
    const auto memory = RemoteMemory::open(::getpid());
    ASSERT_TRUE(memory) << memory.error().message();
    EXPECT_EQ(memory->read<std::uint32_t>(address_of(pages + kPage - 4)), 0U);
    EXPECT_EQ(memory->read<std::uint32_t>(address_of(pages + kPage - 2)), std::nullopt);
    EXPECT_EQ(memory->read<std::uint32_t>(0), std::nullopt);
    EXPECT_EQ(memory->read<std::uint32_t>(~0ULL), std::nullopt);
    EXPECT_EQ(memory->read<std::uint32_t>(0x7fffffffffffffff), std::nullopt);
    ::munmap(pages, kPage);
}

// The PID lives on, but what it was is gone: nothing of the new program may be taken for the old one's.
TEST(RemoteMemory, ShowsNothingOfAProgramThatAnExecPutInItsPlace) {
    static const std::uint64_t value = 7;
    int go[2];
    int gone[2];
    ASSERT_EQ(::pipe2(go, O_CLOEXEC), 0);
    ASSERT_EQ(::pipe2(gone, O_CLOEXEC), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        char byte = 0;
        if (::read(go[0], &byte, 1) == 1) ::execl("/bin/sleep", "sleep", "60", nullptr);
        ::_exit(127);
    }
    ::close(gone[1]);
    const auto memory = RemoteMemory::open(child);
    ASSERT_TRUE(memory) << memory.error().message();
    EXPECT_EQ(memory->read<std::uint64_t>(address_of(&value)), 7U);
    ASSERT_EQ(::write(go[1], "x", 1), 1);
    char byte = 0;
    EXPECT_EQ(::read(gone[0], &byte, 1), 0) << "the exec closes the child's end";
    EXPECT_EQ(memory->read<std::uint64_t>(address_of(&value)), std::nullopt);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    for (const int end : {go[0], go[1], gone[0]}) ::close(end);
}

TEST(RemoteMemory, SaysThatThereIsNoSuchProcess) {
    const auto memory = RemoteMemory::open(1 << 30);
    ASSERT_FALSE(memory);
    EXPECT_EQ(memory.error().kind, Error::Kind::kNoTarget);
    EXPECT_EQ(memory.error().message(), "read memory of process 1073741824: no such process");
}

}  // namespace

}  // namespace flowtap::memory_test
