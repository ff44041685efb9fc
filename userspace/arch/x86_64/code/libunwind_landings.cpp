// SPDX-License-Identifier: Apache-2.0
// LLVM's libunwind leaves through hand-written code without a symbol of its own. Its end is unmistakable: the
// registers come out of a structure at rdi, rax first, and rdi itself from the new stack:
//
//     mov  0x38(%rdi),%rsp
//     pop  %rdi
//     pop  %rcx; jmp *%rcx     # older: ret
#include <algorithm>
#include <array>

#include "arch/x86_64/code/decoder.h"
#include "code/text_chunks.h"
#include "sites/landing_sites.h"

namespace flowtap {
namespace {

constexpr std::array kInstall{std::byte{0x48}, std::byte{0x8b}, std::byte{0x67}, std::byte{0x38},
                              std::byte{0x5f}};
constexpr int32_t kStackOffset = 0x38;
constexpr int16_t kBothPops = 16;

bool leaves_at(const CodeSource& source, uint64_t address) {
    const auto first = decode(source, address);
    if (!first) return false;
    if (first->instruction.mnemonic == ZYDIS_MNEMONIC_RET) return true;
    const auto second = decode(source, address + first->instruction.length);
    return first->instruction.mnemonic == ZYDIS_MNEMONIC_POP && second &&
           second->instruction.mnemonic == ZYDIS_MNEMONIC_JMP;
}

}  // namespace

std::vector<LandingSite> libunwind_landings(const ElfFile& elf) {
    std::vector<LandingSite> sites;
    for (const uint64_t address : occurrences_in_code(elf, kInstall)) {
        if (!leaves_at(elf, address + kInstall.size())) continue;
        sites.push_back(
            {{address, SiteCost::kSingleStep, std::nullopt, "the unwinder's change of the stack"},
             {.base = Register::kRdi, .in_memory = true, .offset = kStackOffset, .addend = kBothPops},
             {.base = Register::kRax}});
    }
    return sites;
}

}  // namespace flowtap
