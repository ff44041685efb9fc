// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

namespace flowtap {

// Fields of one message in Protocol Buffers' wire format
// (https://protobuf.dev/programming-guides/encoding). A nested message is written on its own first.
class ProtobufWriter {
public:
    void uint64(std::uint32_t field, std::uint64_t value) {
        tag(field, kVarint);
        varint(value);
    }
    void sint64(std::uint32_t field, std::int64_t value) {
        uint64(field, (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
    }
    void number(std::uint32_t field, double value) {
        tag(field, kFixed64);
        const auto bits = std::bit_cast<std::uint64_t>(value);
        for (int shift = 0; shift < 64; shift += 8) bytes_ += static_cast<char>(bits >> shift);
    }
    void text(std::uint32_t field, std::string_view value) {
        tag(field, kLengthDelimited);
        delimited(value);
    }
    void message(std::uint32_t field, const ProtobufWriter& nested) { text(field, nested.bytes_); }

    // Its length and its bytes, without a field.
    void delimited(std::string_view bytes) {
        varint(bytes.size());
        bytes_ += bytes;
    }

    void clear() { bytes_.clear(); }
    [[nodiscard]] const std::string& bytes() const { return bytes_; }

private:
    enum WireType : std::uint32_t { kVarint = 0, kFixed64 = 1, kLengthDelimited = 2 };

    void tag(std::uint32_t field, WireType type) { varint(field << 3 | type); }
    void varint(std::uint64_t value) {
        for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
        bytes_ += static_cast<char>(value);
    }

    std::string bytes_;
};

}  // namespace flowtap
