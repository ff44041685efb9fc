// SPDX-License-Identifier: Apache-2.0
#include "elf/encoded_reader.h"

namespace flowtap {

uint64_t EncodedReader::leb(bool is_signed) {
    uint64_t value = 0;
    unsigned shift = 0;
    uint8_t byte = 0x80;
    while ((byte & 0x80) != 0 && !failed_) {
        byte = fixed<uint8_t>();
        if (shift < 64) value |= static_cast<uint64_t>(byte & 0x7f) << shift;
        shift += 7;
    }
    if (is_signed && (byte & 0x40) != 0 && shift < 64) value |= ~uint64_t{0} << shift;
    return value;
}

uint64_t EncodedReader::uleb() { return leb(false); }

int64_t EncodedReader::sleb() { return static_cast<int64_t>(leb(true)); }

void EncodedReader::skip(uint64_t count) {
    failed_ = failed_ || count > bytes_.size() - position_;
    position_ = failed_ ? bytes_.size() : position_ + count;
}

uint64_t EncodedReader::plain(uint8_t encoding) {
    switch (encoding & 0x0f) {
        case 0x00:
            return fixed<uint64_t>();
        case 0x01:
            return uleb();
        case 0x02:
            return fixed<uint16_t>();
        case 0x03:
            return fixed<uint32_t>();
        case 0x04:
            return fixed<uint64_t>();
        case 0x09:
            return static_cast<uint64_t>(sleb());
        case 0x0a:
            return static_cast<uint64_t>(int64_t{fixed<int16_t>()});
        case 0x0b:
            return static_cast<uint64_t>(int64_t{fixed<int32_t>()});
        case 0x0c:
            return fixed<uint64_t>();
        default:
            failed_ = true;
            return 0;
    }
}

uint64_t EncodedReader::pointer(uint8_t encoding) {
    const uint64_t own_address = address_ + position_;
    const uint64_t value = plain(encoding);
    const unsigned relative_to = encoding & 0xf0;
    if (relative_to == 0x00) return value;
    if (relative_to == 0x10) return value == 0 ? 0 : own_address + value;
    failed_ = true;
    return 0;
}

}  // namespace flowtap
