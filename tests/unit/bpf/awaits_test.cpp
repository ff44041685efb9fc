// SPDX-License-Identifier: Apache-2.0
// From a coroutine to the one at the head of its chain of awaits.
#include <gtest/gtest.h>

#include "python/versions/python_version.h"
#include "target_image.h"

namespace flowtap::awaits_test {
namespace {

constexpr std::uint8_t kThread = 0;
constexpr std::uint8_t kGenerator = FT_OWNED_BY_GENERATOR;
constexpr std::uint8_t kCall = 1;  // no opcode of an await

class Awaits : public testing::TestWithParam<unsigned> {
protected:
    std::uint64_t frame(std::uint8_t owner, std::uint64_t previous, std::uint8_t opcode = kCall) {
        const std::uint64_t generator = image_.block(py_.generator_frame + 256);
        const std::uint64_t frame = generator + py_.generator_frame;
        const std::uint64_t instruction = image_.block(2);
        image_.memory.put(instruction, opcode);
        image_.memory.put(frame + py_.frame_owner, owner);
        image_.memory.put(frame + py_.frame_previous, previous);
        image_.memory.put(frame + py_.frame_instruction, instruction);
        return frame;
    }
    // A frame that is on the stack because C called the evaluator.
    std::uint64_t below_c(std::uint64_t caller) {
        return py_.first_shim_owner != 0 ? frame(py_.first_shim_owner, caller) : caller;
    }
    std::uint64_t generator_of(std::uint64_t frame) const { return frame - py_.generator_frame; }
    std::uint8_t await_opcode() const {
        unsigned opcode = 0;
        while ((py_.await_opcodes[opcode / 8] >> opcode % 8 & 1) == 0) opcode++;
        return static_cast<std::uint8_t>(opcode);
    }

    TargetImage image_{GetParam()};
    ft_python& py_ = image_.py;
    const std::uint64_t loop_ = frame(kThread, 0);
};
INSTANTIATE_TEST_SUITE_P(Minor, Awaits, testing::ValuesIn(all_minors()));

TEST_P(Awaits, ACoroutineThatATaskStepsDrivesItself) {
    EXPECT_EQ(ft_driver(&py_, 0x1234, below_c(loop_)), 0x1234U);
}

TEST_P(Awaits, AnAwaitedOneIsDrivenWithTheHeadOfItsChain) {
    const std::uint64_t head = frame(kGenerator, below_c(loop_), await_opcode());
    const std::uint64_t middle = frame(kGenerator, head, await_opcode());
    EXPECT_EQ(ft_driver(&py_, 0x1234, middle), generator_of(head));
}

TEST_P(Awaits, AnAwaitThroughCIsPartOfTheChain) {
    const std::uint64_t head = frame(kGenerator, below_c(loop_), await_opcode());
    EXPECT_EQ(ft_driver(&py_, 0x1234, below_c(head)), generator_of(head));
}

TEST_P(Awaits, ACallerOfSendIsNoPartOfTheChain) {
    const std::uint64_t caller = frame(kGenerator, below_c(loop_), kCall);
    EXPECT_EQ(ft_driver(&py_, 0x1234, below_c(caller)), 0x1234U);
}

TEST_P(Awaits, ALoopOverAGeneratorInTheSameEvaluationDrivesItUnseen) {
    if (py_.inlines_awaits == 0) GTEST_SKIP() << "3.11 enters the evaluator for every step";
    EXPECT_EQ(ft_driver(&py_, 0x1234, loop_), 0U);
}

TEST_P(Awaits, AChainWithoutEndHasNoHead) {
    const std::uint64_t first = frame(kGenerator, 0, await_opcode());
    image_.memory.put(first + py_.frame_previous, first);
    EXPECT_EQ(ft_driver(&py_, 0x1234, first), 0U);
}

TEST_P(Awaits, AGeneratorHasEndedInItsFinalStatesOnly) {
    const auto& states = python_version(GetParam())->states;
    const std::uint64_t generator = image_.block(256);
    const auto has_ended = [&](std::int8_t state) {
        image_.memory.put(generator + py_.generator_state, state);
        return ft_has_ended(&py_, generator) != 0;
    };
    for (const std::int8_t state :
         {states.created, states.suspended_first, states.suspended_last, states.executing}) {
        EXPECT_FALSE(has_ended(state)) << int{state};
    }
    for (const std::int8_t state : states.final) EXPECT_TRUE(has_ended(state)) << int{state};
}

TEST_P(Awaits, ACallThroughCIsAwaitedWhereGetAwaitableFollowsItsCaches) {
    const auto awaits_at = [&](std::uint64_t units) {
        const std::uint64_t caller = frame(kGenerator, 0);
        const std::uint64_t instruction = image_.block(16);
        image_.memory.put(instruction + 2 * units, py_.get_awaitable);
        image_.memory.put(caller + py_.frame_instruction, instruction);
        return ft_awaits_its_call(&py_, caller, 1) != 0;
    };
    const unsigned units = 1U + python_version(GetParam())->opcodes.call_ex_caches;
    EXPECT_TRUE(awaits_at(units));
    EXPECT_FALSE(awaits_at(units - 1));
    EXPECT_FALSE(awaits_at(units + 1));
}

TEST_P(Awaits, ACallInTheSameEvaluationSaysWhereItReturns) {
    if (py_.frame_return_offset == 0) GTEST_SKIP() << "before 3.13 the frame stands at the call's last unit";
    const std::uint64_t caller = frame(kGenerator, 0);
    const std::uint64_t instruction = image_.block(16);
    image_.memory.put(instruction + 8, py_.get_awaitable);
    image_.memory.put(caller + py_.frame_instruction, instruction);
    image_.memory.put(caller + py_.frame_return_offset, std::uint16_t{4});
    EXPECT_TRUE(ft_awaits_its_call(&py_, caller, 0));
    image_.memory.put(caller + py_.frame_return_offset, std::uint16_t{3});
    EXPECT_FALSE(ft_awaits_its_call(&py_, caller, 0));
}

TEST_P(Awaits, KnowAGeneratorThatHasNotBegun) {
    const std::uint64_t made = generator_of(frame(kGenerator, 0, py_.unstarted));
    EXPECT_TRUE(ft_stands_before_first_step(&py_, made));
    const std::uint64_t suspended =
        generator_of(frame(kGenerator, 0, python_version(GetParam())->opcodes.resume));
    EXPECT_FALSE(ft_stands_before_first_step(&py_, suspended));
    EXPECT_FALSE(ft_stands_before_first_step(&py_, 0xdead0000));
}

TEST_P(Awaits, UnreadableMemoryIsNoAwait) {
    EXPECT_FALSE(ft_awaits_through_c(&py_, 0));
    EXPECT_FALSE(ft_awaits_through_c(&py_, 0xdead0000));
    EXPECT_FALSE(ft_is_generator_frame(&py_, 0xdead0000));
    EXPECT_FALSE(ft_is_shim(&py_, 0));
}

}  // namespace
}  // namespace flowtap::awaits_test
