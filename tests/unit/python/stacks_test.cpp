// SPDX-License-Identifier: Apache-2.0
// Stacks of fabricated threads: what a process could make them look like.
#include "python/stacks.h"

#include <gmock/gmock.h>

#include "python/versions/python_version.h"
#include "tests/unit/process/fake_memory.h"

namespace flowtap::stacks_test {

namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::uint64_t kInterpreterList = 0x100;
constexpr std::uint64_t kThreadState = 0x1000;
constexpr std::uint64_t kFrames = 0x100000;

class PythonStacks : public testing::Test {
protected:
    PythonStacks() {
        memory.map(kInterpreterList, 8);
        memory.map(kThreadState, 4096);
        memory.map(kFrames, 1 << 20);
        memory.put(kInterpreterList, kThreadState);
        memory.put(kThreadState + layout.tstate_frame, kFrames);
    }
    static std::uint64_t frame(std::uint64_t number) { return kFrames + 256 * number; }
    void put_frame(std::uint64_t number, std::uint64_t above, std::uint8_t owner = 0) {
        memory.put(frame(number) + layout.frame_code, 0xc000 + number);
        memory.put(frame(number) + layout.frame_previous, above);
        memory.put(frame(number) + layout.frame_owner, owner);
    }
    [[nodiscard]] std::vector<PythonStack> stacks() const {
        return read_stacks(memory, layout, kInterpreterList);
    }

    FakeMemory memory;
    ft_python layout = layout_of_minor(13)->bpf;
};

TEST_F(PythonStacks, SkipTheFramesOfC) {
    put_frame(0, frame(1));
    put_frame(1, frame(2), 3);
    put_frame(2, frame(3));
    put_frame(3, 0);
    const std::vector<PythonStack> found = stacks();
    ASSERT_THAT(found, SizeIs(1));
    EXPECT_EQ(found[0].thread_state, kThreadState);
    EXPECT_THAT(found[0].frames, ElementsAre(PythonFrame{frame(0), 0xc000, frame(2), true},
                                             PythonFrame{frame(2), 0xc002, frame(3), false},
                                             PythonFrame{frame(3), 0xc003, 0, false}));
}

// In 3.11 a frame says itself whether C entered it, by the byte before its owner.
TEST_F(PythonStacks, KnowWhatCEnteredWithoutItsFrames) {
    layout = layout_of_minor(11)->bpf;
    layout.frame_via_cframe = 0;
    memory.put(kThreadState + layout.tstate_frame, kFrames);
    put_frame(0, frame(1));
    put_frame(1, 0);
    memory.put<std::uint8_t>(frame(0) + layout.frame_is_entry, 1);
    EXPECT_THAT(stacks()[0].frames, ElementsAre(PythonFrame{frame(0), 0xc000, frame(1), true},
                                                PythonFrame{frame(1), 0xc001, 0, false}));
}

TEST_F(PythonStacks, MayGoRoundInCircles) {
    put_frame(0, frame(1));
    put_frame(1, frame(0));
    EXPECT_THAT(stacks()[0].frames, SizeIs(kMaxFramesOfAll));
}

TEST_F(PythonStacks, MayBeOfThreadsThatGoRoundInCircles) {
    put_frame(0, 0);
    memory.put(kThreadState + 8, kThreadState);
    EXPECT_THAT(stacks(), SizeIs(kMaxStacks));
}

TEST_F(PythonStacks, MayLeadNowhere) {
    put_frame(0, 0xdead0000);
    EXPECT_THAT(stacks()[0].frames, ElementsAre(PythonFrame{frame(0), 0xc000, 0xdead0000, false}));
    memory.put<std::uint64_t>(kThreadState + layout.tstate_frame, 0xdead0000);
    EXPECT_THAT(stacks()[0].frames, IsEmpty());
    memory.put<std::uint64_t>(kInterpreterList, 0xdead0000);
    EXPECT_THAT(stacks(), SizeIs(1)) << "a thread state that cannot be read has no frames";
    EXPECT_THAT(read_stacks(memory, layout, 0xdead0000), IsEmpty());
}

// The target runs: the innermost frame is another one each time it is looked at.
class ChangingMemory : public Memory {
public:
    ChangingMemory(const FakeMemory& memory, std::uint64_t changing) : memory_(memory), changing_(changing) {}

private:
    bool copy(std::uint64_t address, std::span<std::byte> out) const override {
        if (!memory_.read(address, out)) return false;
        if (address == changing_) out[0] ^= static_cast<std::byte>(++reads_);
        return true;
    }
    const FakeMemory& memory_;
    std::uint64_t changing_;
    mutable unsigned reads_ = 0;
};

TEST_F(PythonStacks, AreOnlyWhatRestsMeanwhile) {
    put_frame(0, frame(1));
    put_frame(1, frame(2));
    put_frame(2, 0);
    const ChangingMemory changing(memory, frame(0) + layout.frame_code);
    EXPECT_THAT(
        read_stacks(changing, layout, kInterpreterList)[0].frames,
        ElementsAre(PythonFrame{frame(1), 0xc001, frame(2), false}, PythonFrame{frame(2), 0xc002, 0, false}));
}

}  // namespace

}  // namespace flowtap::stacks_test
