// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <iterator>
#include <protozero/pbf_writer.hpp>
#include <string>
#include <string_view>

namespace flowtap {

// Writes the fields of one message in Protocol Buffers' wire format. A nested message is written separately
// first, because its length precedes it.
class ProtobufWriter {
public:
    void uint64(std::uint32_t field, std::uint64_t value) { writer().add_uint64(field, value); }
    void sint64(std::uint32_t field, std::int64_t value) { writer().add_sint64(field, value); }
    void number(std::uint32_t field, double value) { writer().add_double(field, value); }
    void text(std::uint32_t field, std::string_view value) {
        writer().add_string(field, value.data(), value.size());
    }
    void message(std::uint32_t field, const ProtobufWriter& nested) { text(field, nested.bytes_); }

    // Its length and its bytes, without a field.
    void delimited(std::string_view bytes) {
        protozero::write_varint(std::back_inserter(bytes_), bytes.size());
        bytes_ += bytes;
    }

    void clear() { bytes_.clear(); }
    [[nodiscard]] const std::string& bytes() const { return bytes_; }

private:
    protozero::pbf_writer writer() { return protozero::pbf_writer(bytes_); }

    std::string bytes_;
};

}  // namespace flowtap
