// SPDX-License-Identifier: Apache-2.0
#include "code/plt_stub.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace flowtap {

// [endbr64] [bnd] jmp *slot(%rip)
std::optional<uint64_t> slot_of_plt_stub(const CodeSource& source, uint64_t stub) {
    constexpr std::array<uint8_t, 4> kEndbr64{0xf3, 0x0f, 0x1e, 0xfa};
    constexpr uint8_t kBnd = 0xf2;
    constexpr size_t kJumpSize = 6;  // ff 25, displacement
    std::array<uint8_t, kEndbr64.size() + 1 + kJumpSize> code{};
    const size_t size = source.read(stub, std::as_writable_bytes(std::span(code)));
    size_t at = std::equal(kEndbr64.begin(), kEndbr64.end(), code.begin()) ? kEndbr64.size() : 0;
    if (code[at] == kBnd) ++at;
    if (size < at + kJumpSize || code[at] != 0xff || code[at + 1] != 0x25) return std::nullopt;
    int32_t displacement = 0;
    std::memcpy(&displacement, code.data() + at + 2, sizeof displacement);
    return stub + at + kJumpSize + static_cast<uint64_t>(int64_t{displacement});
}

}  // namespace flowtap
