// SPDX-License-Identifier: Apache-2.0
#include "code/function/landing_pads.h"

#include <algorithm>

#include "elf/encoded_reader.h"

namespace flowtap {
namespace {

constexpr size_t kMaxTableBytes = size_t{1} << 20;

std::vector<std::byte> read_table(const CodeSource& source, uint64_t address) {
    std::vector<std::byte> bytes(kMaxTableBytes);
    bytes.resize(source.read(address, bytes));
    return bytes;
}

}  // namespace

// Layout: LPStart encoding [LPStart] TType encoding [TType offset] call-site encoding, length, records of
// {start, length, landing pad, action} (GCC: libgcc/unwind-c.c, base_of_encoded_value and parse_lsda_header).
std::vector<uint64_t> read_landing_pads(const CodeSource& source, uint64_t lsda, AddressRange piece) {
    const std::vector<std::byte> bytes = read_table(source, lsda);
    EncodedReader reader(bytes, lsda);
    const auto base_encoding = reader.fixed<uint8_t>();
    const uint64_t base = base_encoding == EncodedReader::kOmit ? piece.start : reader.pointer(base_encoding);
    if (reader.fixed<uint8_t>() != EncodedReader::kOmit) reader.uleb();
    const auto encoding = reader.fixed<uint8_t>();
    const uint64_t length = reader.uleb();
    const uint64_t end = reader.position() + std::min<uint64_t>(length, bytes.size());
    std::vector<uint64_t> pads;
    while (!reader.failed() && reader.position() < end) {
        reader.plain(encoding);
        reader.plain(encoding);
        const uint64_t pad = reader.plain(encoding);
        reader.uleb();
        if (!reader.failed() && pad != 0) pads.push_back(base + pad);
    }
    std::sort(pads.begin(), pads.end());
    pads.erase(std::unique(pads.begin(), pads.end()), pads.end());
    return pads;
}

}  // namespace flowtap
