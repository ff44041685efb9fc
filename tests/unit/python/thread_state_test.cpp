// SPDX-License-Identifier: Apache-2.0
#include "python/thread_state.h"

#include <gtest/gtest.h>

#include "python/versions/python_version.h"
#include "tests/unit/process/fake_memory.h"

namespace flowtap::thread_state_test {
namespace {

constexpr std::uint64_t kList = 0x10000;
constexpr std::uint64_t kInterpreter = 0x20000;
constexpr std::uint64_t kState = 0x30000;
constexpr std::uint64_t kThread = 0x40000;
constexpr std::uint64_t kOther = 0x50000;

// One interpreter with one thread, whose thread-local variable is 24 bytes below its thread pointer.
class ThreadStatePlaces : public testing::Test {
protected:
    ThreadStatePlaces() {
        memory.map(kList, 24);
        memory.map(kInterpreter, 8192);
        memory.map(kState, 512);
        memory.map(kThread, 512);
        memory.map(kOther, 512);
        put(kList, kInterpreter);
        put(kList + 8, kInterpreter);
        put(kInterpreter + layout.interpreter_threads_head, kState);
        put(kState + layout.bpf.tstate_thread_id, pointer);
        put(kState + layout.bpf.tstate_interpreter, kInterpreter);
    }
    void put(std::uint64_t address, std::uint64_t value) { memory.put(address, value); }
    [[nodiscard]] bool contradicted_by(std::uint64_t content) {
        put(pointer - 24, content);
        return contradicted(place, memory, layout, kList);
    }

    FakeMemory memory;
    PythonLayout layout = *layout_of_minor(13);
    std::uint64_t pointer = kThread + 256;
    ThreadStatePlace place{FT_TSTATE_TLS, 0, static_cast<std::uint64_t>(-24)};
};

TEST_F(ThreadStatePlaces, HoldAStateWhileTheThreadRuns) { EXPECT_FALSE(contradicted_by(kState)); }

TEST_F(ThreadStatePlaces, HoldNothingWhileItWaits) { EXPECT_FALSE(contradicted_by(0)); }

TEST_F(ThreadStatePlaces, AreWrongWhereTheyHoldSomethingElse) {
    EXPECT_TRUE(contradicted_by(kOther));
    EXPECT_TRUE(contradicted_by(0xdead0000));
}

// A state may outlive its thread, whose memory serves something else.
TEST_F(ThreadStatePlaces, AreRightWhereOneThreadProvesIt) {
    memory.map(0x60000, 512);
    put(kState + 8, 0x60000);
    put(0x60000 + layout.bpf.tstate_thread_id, kOther + 256);
    put(kOther + 256 - 24, 0xdead0000);
    EXPECT_FALSE(contradicted_by(kState));
    EXPECT_TRUE(contradicted_by(0)) << "no thread does";
}

TEST_F(ThreadStatePlaces, OfALibraryAreInTheThreadsBlock) {
    put(pointer + 8, kOther);
    put(kOther + 32, kOther + 128);
    const ThreadStatePlace in_library{FT_TSTATE_DTV, 32, 16};
    EXPECT_EQ(variable_address(in_library, pointer, memory), kOther + 128 + 16);
    EXPECT_EQ(variable_address(place, pointer, memory), pointer - 24);
}

}  // namespace
}  // namespace flowtap::thread_state_test
