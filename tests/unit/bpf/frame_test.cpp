// SPDX-License-Identifier: Apache-2.0
// From the running thread to its frame, its code and its locals.
#include <gtest/gtest.h>

#include "target_image.h"

namespace flowtap::frame_test {
namespace {

constexpr std::uint64_t kNoFrame = 0xdead0000;

class Frames : public testing::TestWithParam<unsigned> {
protected:
    std::uint64_t frame() { return image_.block(image_.py.frame_locals + 64); }
    void set_local(std::uint64_t frame, unsigned slot, std::uint64_t reference) {
        image_.memory.put(frame + image_.py.frame_locals + 8ULL * slot, reference);
    }

    TargetImage image_{GetParam()};
    ft_python& py_ = image_.py;
};
INSTANTIATE_TEST_SUITE_P(Minor, Frames, testing::ValuesIn(all_minors()));

// The running thread's state, found in one of the ways of enum ft_tstate_in.
class ThreadStates : public testing::TestWithParam<unsigned> {
protected:
    ThreadStates() { set_thread_pointer(pointer_); }

    void find_in(ft_tstate_in way, std::uint64_t base, std::uint64_t address) {
        py_.tstate_in = static_cast<__u8>(way);
        py_.tstate_base = base;
        py_.tstate_address = address;
    }
    // A state of the running thread, in an interpreter with that number.
    std::uint64_t state(std::uint32_t number = 0) {
        const std::uint64_t interpreter = image_.block(py_.interpreter_id + 8U);
        const std::uint64_t state = image_.block(256);
        image_.memory.put(interpreter + py_.interpreter_id, number);
        image_.memory.put(state + py_.tstate_interpreter, interpreter);
        image_.memory.put(state + py_.tstate_thread_id, pointer_);
        return state;
    }
    // A GIL that a thread holds, and where its address stands.
    std::uint64_t gil_of(std::uint64_t holder, int locked) {
        const std::uint64_t gil = image_.block(32);
        const std::uint64_t place = image_.block(8);
        image_.memory.put(gil + 8, holder);
        image_.memory.put(gil + FT_GIL_LOCKED, locked);
        image_.memory.put(place, gil);
        return place;
    }

    TargetImage image_{GetParam()};
    ft_python& py_ = image_.py;
    std::uint64_t pointer_ = image_.block(64);
};
INSTANTIATE_TEST_SUITE_P(Minor, ThreadStates, testing::ValuesIn(all_minors()));

TEST_P(ThreadStates, AreInAVariableOfTheProcess) {
    const std::uint64_t thread = state(3);
    const std::uint64_t place = image_.block(8);
    image_.memory.put(place, thread);
    find_in(FT_TSTATE_GLOBAL, 0, place);
    EXPECT_EQ(ft_thread_state(&py_), thread);
    EXPECT_EQ(ft_running_interpreter(&py_), 3u);
}

TEST_P(ThreadStates, AreInAThreadLocalVariable) {
    const std::uint64_t thread = state(4);
    image_.memory.put(pointer_ - 24, thread);
    find_in(FT_TSTATE_TLS, 0, static_cast<std::uint64_t>(-24));
    EXPECT_EQ(ft_thread_state(&py_), thread);
    EXPECT_EQ(ft_running_interpreter(&py_), 4u);
}

TEST_P(ThreadStates, AreInALibrarysThreadLocalVariable) {
    const std::uint64_t thread = state(5);
    const std::uint64_t blocks = image_.block(64);
    const std::uint64_t block = image_.block(32);
    image_.memory.put(pointer_ + FT_THREAD_BLOCKS, blocks);
    image_.memory.put(blocks + 48, block);
    image_.memory.put(block + 16, thread);
    find_in(FT_TSTATE_DTV, 48, 16);
    EXPECT_EQ(ft_thread_state(&py_), thread);
    EXPECT_EQ(ft_running_interpreter(&py_), 5u);
}

TEST_P(ThreadStates, AreThoseOfTheHolderOfTheGil) {
    const std::uint64_t thread = state(6);
    find_in(FT_TSTATE_GIL, gil_of(thread, 1), 8);
    EXPECT_EQ(ft_thread_state(&py_), thread);
    EXPECT_TRUE(ft_holds_gil(&py_, thread));
    EXPECT_EQ(ft_running_interpreter(&py_), 6u);
}

TEST_P(ThreadStates, AreNotKnownWhereTheGilIsFreeOrAnothers) {
    const std::uint64_t thread = state(6);
    find_in(FT_TSTATE_GIL, gil_of(thread, 0), 8);
    EXPECT_FALSE(ft_holds_gil(&py_, thread)) << "its last holder runs with another interpreter's";
    EXPECT_EQ(ft_running_interpreter(&py_), FT_INTERPRETER_UNKNOWN);
    find_in(FT_TSTATE_GIL, gil_of(thread, 1), 8);
    set_thread_pointer(pointer_ + 8);
    EXPECT_FALSE(ft_holds_gil(&py_, thread)) << "another thread";
    EXPECT_EQ(ft_running_interpreter(&py_), FT_INTERPRETER_UNKNOWN);
}

TEST_P(ThreadStates, AreNullWhereNothingCanBeRead) {
    find_in(FT_TSTATE_GLOBAL, 0, kNoFrame);
    EXPECT_EQ(ft_thread_state(&py_), 0u);
    find_in(FT_TSTATE_GIL, kNoFrame, 8);
    EXPECT_EQ(ft_thread_state(&py_), 0u);
    find_in(FT_TSTATE_DTV, 48, 16);
    EXPECT_EQ(ft_thread_state(&py_), 0u);
    set_thread_pointer(kNoFrame);
    find_in(FT_TSTATE_TLS, 0, static_cast<std::uint64_t>(-24));
    EXPECT_EQ(ft_thread_state(&py_), 0u);
}

TEST_P(Frames, CurrentFrameIsFoundWithAndWithoutACframe) {
    const std::uint64_t thread = image_.block(256);
    const std::uint64_t current = frame();
    if (py_.frame_via_cframe) {
        const std::uint64_t cframe = image_.block(32);
        image_.memory.put(thread + py_.tstate_frame, cframe);
        image_.memory.put(cframe + py_.cframe_frame, current);
    } else {
        image_.memory.put(thread + py_.tstate_frame, current);
    }
    EXPECT_EQ(ft_current_frame(&py_, thread), current);
}

TEST_P(Frames, AThreadOutsidePythonHasNoFrame) {
    EXPECT_EQ(ft_current_frame(&py_, image_.block(256)), 0u);
    EXPECT_EQ(ft_current_frame(&py_, kNoFrame), 0u);
}

TEST_P(Frames, CodeIsReadWithoutReferenceTags) {
    const std::uint64_t current = frame();
    const std::uint64_t code = image_.block(8);
    image_.memory.put(current + py_.frame_code, code | (~py_.reference_mask & 3));
    EXPECT_EQ(ft_frame_code(&py_, current), code);
    EXPECT_EQ(ft_frame_code(&py_, kNoFrame), 0u);
}

TEST_P(Frames, ALocalIsTheObjectItRefersTo) {
    const std::uint64_t current = frame();
    const std::uint64_t first = image_.str("first");
    const std::uint64_t second = image_.str("second");
    set_local(current, 0, first);
    set_local(current, 3, second | (~py_.reference_mask & 3));
    EXPECT_EQ(ft_local(&py_, current, 0), first);
    EXPECT_EQ(ft_local(&py_, current, 3), second);
    EXPECT_EQ(ft_local(&py_, current, 1), 0u) << "not assigned yet";
}

TEST_P(Frames, ALocalInACellIsTheContentOfTheCell) {
    const std::uint64_t current = frame();
    const std::uint64_t captured = image_.str("captured");
    const std::uint64_t cell = image_.object(py_.cell_type);
    image_.memory.put(cell + py_.cell_value, captured);
    set_local(current, 0, cell);
    set_local(current, 1, image_.object(py_.cell_type));
    EXPECT_EQ(ft_local(&py_, current, 0), captured);
    EXPECT_EQ(ft_local(&py_, current, 1), 0u) << "an empty cell";
}

TEST_P(Frames, ALocalThatCannotBeReadIsNull) {
    const std::uint64_t current = frame();
    set_local(current, 0, kNoFrame);
    EXPECT_EQ(ft_local(&py_, current, 0), kNoFrame) << "it is whoever looks into it who finds nothing there";
    EXPECT_EQ(ft_local(&py_, current, 0x7fff), 0u) << "a slot behind the frame";
    EXPECT_EQ(ft_local(&py_, kNoFrame, 0), 0u);
    EXPECT_EQ(ft_local(&py_, ~0ULL, 0), 0u);
}

}  // namespace
}  // namespace flowtap::frame_test
