// SPDX-License-Identifier: Apache-2.0
#include "python/stacks.h"

#include <algorithm>

namespace flowtap {

namespace {

constexpr std::uint64_t kNextThreadState = 8;  // PyThreadState.next, Include/cpython/pystate.h

class StackReader {
public:
    StackReader(const Memory& memory, const ft_python& layout) : memory_(memory), layout_(layout) {}

    std::vector<PythonFrame> frames(std::uint64_t thread, std::size_t most) const {
        std::vector<PythonFrame> frames;
        std::uint64_t frame = current_frame(thread);
        while (frame != 0 && frames.size() < most) {
            const auto code = memory_.read<std::uint64_t>(frame + layout_.frame_code);
            const auto above = memory_.read<std::uint64_t>(frame + layout_.frame_previous);
            if (!code || !above) break;
            if (!is_shim(frame)) frames.push_back(frame_at(frame, *code, *above));
            frame = *above;
        }
        return frames;
    }

private:
    [[nodiscard]] std::uint64_t word(std::uint64_t address) const {
        return memory_.read<std::uint64_t>(address).value_or(0);
    }
    [[nodiscard]] bool is_shim(std::uint64_t frame) const {
        return layout_.first_shim_owner != 0 && frame != 0 &&
               memory_.read<std::uint8_t>(frame + layout_.frame_owner).value_or(0) >=
                   layout_.first_shim_owner;
    }
    [[nodiscard]] std::uint64_t current_frame(std::uint64_t thread) const {
        const std::uint64_t frame = word(thread + layout_.tstate_frame);
        return layout_.frame_via_cframe != 0 && frame != 0 ? word(frame + layout_.cframe_frame) : frame;
    }
    // In versions without frames for C functions, a byte of each frame says whether C entered it.
    [[nodiscard]] PythonFrame frame_at(std::uint64_t frame, std::uint64_t code, std::uint64_t above) const {
        const bool by_shim = is_shim(above);
        const bool is_entry = layout_.frame_is_entry != 0 &&
                              memory_.read<std::uint8_t>(frame + layout_.frame_is_entry).value_or(0) != 0;
        const std::uint64_t caller = by_shim ? word(above + layout_.frame_previous) : above;
        return {frame, code & layout_.reference_mask, caller, by_shim || is_entry};
    }

    const Memory& memory_;
    const ft_python& layout_;
};

// The common part, from the outermost frame on.
std::vector<PythonFrame> common(std::vector<PythonFrame> one, const std::vector<PythonFrame>& other) {
    const auto differ = std::mismatch(one.rbegin(), one.rend(), other.rbegin(), other.rend()).first;
    one.erase(one.begin(), differ.base());
    return one;
}

}  // namespace

std::vector<PythonStack> read_stacks(const Memory& memory, const ft_python& layout,
                                     std::uint64_t thread_list) {
    const StackReader reader(memory, layout);
    std::vector<PythonStack> stacks;
    std::size_t left = kMaxFramesOfAll;
    auto thread = memory.read<std::uint64_t>(thread_list);
    while (thread && *thread != 0 && stacks.size() < kMaxStacks && left > 0) {
        const std::vector<PythonFrame> first = reader.frames(*thread, left);
        stacks.push_back({*thread, common(first, reader.frames(*thread, left))});
        left -= std::min(left, first.size());
        thread = memory.read<std::uint64_t>(*thread + kNextThreadState);
    }
    return stacks;
}

}  // namespace flowtap
