// SPDX-License-Identifier: Apache-2.0
#include "arch/uprobe_marks.h"

#include <algorithm>
#include <array>

namespace flowtap {
namespace {

constexpr std::array kLongNop{std::byte{0x0f}, std::byte{0x1f}, std::byte{0x44}, std::byte{0x00},
                              std::byte{0x00}};
constexpr std::byte kBreakpoint{0xcc};
constexpr std::byte kProbingCall{0xe8};

}  // namespace

// Uprobes write breakpoints; recent kernels replace long nops by calls (arch/x86/kernel/uprobes.c,
// arch_uprobe_optimize()).
bool same_but_for_uprobes(std::span<const std::byte> analysed, std::span<const std::byte> memory) {
    for (std::size_t i = 0; i < analysed.size(); ++i) {
        if (memory[i] == analysed[i] || memory[i] == kBreakpoint) continue;
        const auto rest = analysed.subspan(i);
        if (memory[i] != kProbingCall || rest.size() < kLongNop.size() ||
            !std::ranges::equal(rest.first(kLongNop.size()), kLongNop))
            return false;
        i += kLongNop.size() - 1;
    }
    return true;
}

}  // namespace flowtap
