// SPDX-License-Identifier: Apache-2.0
#include "process/thread_stack.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace flowtap::thread_stack_test {
namespace {

constexpr const char* kMaps =
    "00400000-00500000 r-xp 00000000 08:01 1234 /opt/engine\n"
    "01000000-02000000 rw-p 00000000 00:00 0 [heap]\n"
    "7f0000000000-7f0000001000 ---p 00000000 00:00 0 \n"
    "7f0000001000-7f0000801000 rw-p 00000000 00:00 0 \n"
    "7fff00000000-7fff00021000 rw-p 00000000 00:00 0 [stack]\n";
constexpr std::uint64_t kThreadPointer = 0x7f0000800700;

TEST(OwnStack, OfAThreadReachesFromItsGuardToItsDescriptor) {
    const auto bounds = own_stack(kMaps, {.thread_pointer = kThreadPointer}, 0x7f0000700000);
    ASSERT_TRUE(bounds);
    EXPECT_EQ(bounds->low, 0x7f0000001000u);
    EXPECT_EQ(bounds->high, kThreadPointer);
    EXPECT_TRUE(bounds->hold(0x7f0000700000, kThreadPointer));
    EXPECT_FALSE(bounds->hold(0x7f0000700000, kThreadPointer + 1));
    EXPECT_FALSE(bounds->hold(0x7f0000000fff, kThreadPointer));
}

TEST(OwnStack, OfTheFirstThreadIsTheKernels) {
    const StackOwner owner{.thread_pointer = 0x7f00, .first_thread = true};
    const auto bounds = own_stack(kMaps, owner, 0x7fff00010000);
    ASSERT_TRUE(bounds);
    EXPECT_EQ(bounds->low, 0x7fff00000000u);
    EXPECT_EQ(bounds->high, 0x7fff00021000u);
    EXPECT_FALSE(own_stack(kMaps, {.thread_pointer = kThreadPointer}, 0x7fff00010000)) << "another thread";
}

// fork() on another thread: the child's first thread goes on where that one was.
TEST(OwnStack, OfAFirstThreadMayBeOneOfTheCLibrary) {
    const StackOwner owner{.thread_pointer = kThreadPointer, .first_thread = true};
    EXPECT_TRUE(own_stack(kMaps, owner, 0x7f0000700000));
}

TEST(OwnStack, IsNotTheHeap) {
    EXPECT_FALSE(own_stack(kMaps, {.thread_pointer = kThreadPointer, .first_thread = true}, 0x1800000));
    EXPECT_FALSE(own_stack(kMaps, {.thread_pointer = kThreadPointer}, 0x7f0000800800))
        << "above the descriptor";
    EXPECT_FALSE(own_stack("", {.thread_pointer = kThreadPointer}, 0x7f0000700000));
    EXPECT_FALSE(own_stack("no maps\n7f-", {.thread_pointer = kThreadPointer}, 0x7f0000700000));
}

TEST(OwnStack, OfThisTestHoldsItsVariables) {
    const int variable = 0;
    const auto here = reinterpret_cast<std::uint64_t>(&variable);
    const StackOwner owner{.first_thread = true};
    const auto bounds = own_stack_of(getpid(), owner, here);
    ASSERT_TRUE(bounds);
    EXPECT_TRUE(bounds->hold(here, here + 8));
    EXPECT_FALSE(own_stack_of(getpid(), owner, here, "/nonexistent"));
}

}  // namespace
}  // namespace flowtap::thread_stack_test
