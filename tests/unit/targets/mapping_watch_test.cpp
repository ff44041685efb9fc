// SPDX-License-Identifier: Apache-2.0
#include "targets/mapping_watch.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "process/process_facts.h"

namespace flowtap::mapping_watch_test {
namespace {

constexpr std::uint64_t kSecondNs = 1'000'000'000;

// Watches this process itself.
class MappingWatchTest : public testing::Test {
protected:
    MappingWatchTest() {
        plan_.pid = ::getpid();
        plan_.code_mappings = code_mappings(*read_process_facts(::getpid()));
    }
    static void* map_code() {
        const Fd file(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
        return ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, file.get(), 0);
    }

    Plan plan_;
    MappingWatch watch_;
};

TEST_F(MappingWatchTest, IsDueOnceAfterCodeWasMapped) {
    EXPECT_FALSE(watch_.due(plan_, 100, kSecondNs));
    void* code = map_code();
    ASSERT_NE(code, MAP_FAILED);
    EXPECT_TRUE(watch_.due(plan_, 101, 2 * kSecondNs));
    EXPECT_FALSE(watch_.due(plan_, 101, 3 * kSecondNs));
    ::munmap(code, 4096);
    EXPECT_TRUE(watch_.due(plan_, 100, 4 * kSecondNs));
}

TEST_F(MappingWatchTest, SeesWhatWasMappedBetweenThePlanAndItsFirstLook) {
    void* code = map_code();
    ASSERT_NE(code, MAP_FAILED);
    EXPECT_TRUE(watch_.due(plan_, 100, kSecondNs));
    ::munmap(code, 4096);
}

TEST_F(MappingWatchTest, IsNotDueForAnotherCountAlone) {
    EXPECT_FALSE(watch_.due(plan_, 100, kSecondNs));
    EXPECT_FALSE(watch_.due(plan_, 200, 2 * kSecondNs));
}

// One library gave way to another of the same size.
TEST_F(MappingWatchTest, LooksAtLongIntervalsWhateverTheCount) {
    EXPECT_FALSE(watch_.due(plan_, 100, kSecondNs));
    void* code = map_code();
    ASSERT_NE(code, MAP_FAILED);
    EXPECT_FALSE(watch_.due(plan_, 100, 2 * kSecondNs));
    EXPECT_TRUE(watch_.due(plan_, 100, 17 * kSecondNs));
    ::munmap(code, 4096);
}

}  // namespace
}  // namespace flowtap::mapping_watch_test
