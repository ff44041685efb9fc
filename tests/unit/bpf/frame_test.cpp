// SPDX-License-Identifier: Apache-2.0
// From the running thread to its frame, its code and its locals.
#include <gtest/gtest.h>

#include "target_image.h"

namespace flowtap {
namespace {

constexpr std::uint64_t kUnmapped = 0xdead0000;

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

TEST_P(Frames, ThreadStateIsThatOfTheHolderOfTheGil) {
    const std::uint64_t thread = image_.block(8);
    if (py_.via_gil) {
        const std::uint64_t gil = image_.block(16);
        py_.tstate_address = image_.block(8);
        image_.memory.put(py_.tstate_address, gil);
        image_.memory.put(gil + 8, thread);
    } else {
        py_.tstate_address = image_.block(8);
        image_.memory.put(py_.tstate_address, thread);
    }
    EXPECT_EQ(ft_thread_state(&py_), thread);
}

TEST_P(Frames, ThreadStateIsNullWhereNoThreadHoldsTheGilOrNothingCanBeRead) {
    py_.tstate_address = image_.block(8);
    EXPECT_EQ(ft_thread_state(&py_), 0u);
    image_.memory.put(py_.tstate_address, kUnmapped);
    EXPECT_EQ(ft_thread_state(&py_), py_.via_gil ? 0u : kUnmapped);
    py_.tstate_address = kUnmapped;
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
    EXPECT_EQ(ft_current_frame(&py_, kUnmapped), 0u);
}

TEST_P(Frames, CodeIsReadWithoutReferenceTags) {
    const std::uint64_t current = frame();
    const std::uint64_t code = image_.block(8);
    image_.memory.put(current + py_.frame_code, code | (~py_.reference_mask & 3));
    EXPECT_EQ(ft_frame_code(&py_, current), code);
    EXPECT_EQ(ft_frame_code(&py_, kUnmapped), 0u);
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
    set_local(current, 0, kUnmapped);
    EXPECT_EQ(ft_local(&py_, current, 0), kUnmapped) << "it is whoever looks into it who finds nothing there";
    EXPECT_EQ(ft_local(&py_, current, 0x7fff), 0u) << "a slot behind the frame";
    EXPECT_EQ(ft_local(&py_, kUnmapped, 0), 0u);
    EXPECT_EQ(ft_local(&py_, ~0ULL, 0), 0u);
}

}  // namespace
}  // namespace flowtap
