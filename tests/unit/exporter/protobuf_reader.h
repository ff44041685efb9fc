// SPDX-License-Identifier: Apache-2.0
// Reads Protocol Buffers' wire format, written from its description and not from the writer's code
// (https://protobuf.dev/programming-guides/encoding). Throws std::runtime_error where bytes are no message.
#pragma once

#include <cstdint>
#include <cstring>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace flowtap::test {

class ProtobufMessage {
public:
    // Fields of varints and of 8 bytes are numbers; those with a length are bytes.
    explicit ProtobufMessage(std::string_view bytes) {
        while (!bytes.empty()) {
            const std::uint64_t tag = take_varint(bytes);
            const auto field = static_cast<std::uint32_t>(tag >> 3);
            switch (tag & 7) {
                case 0:
                    numbers_[field].push_back(take_varint(bytes));
                    break;
                case 1:
                    numbers_[field].push_back(take_fixed(bytes));
                    break;
                case 2:
                    texts_[field].push_back(take_delimited(bytes));
                    break;
                default:
                    throw std::runtime_error("unknown wire type");
            }
        }
    }

    static std::uint64_t take_varint(std::string_view& bytes) {
        std::uint64_t value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            if (bytes.empty()) throw std::runtime_error("cut in a varint");
            const auto byte = static_cast<unsigned char>(bytes.front());
            bytes.remove_prefix(1);
            value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
            if (byte < 0x80) return value;
        }
        throw std::runtime_error("endless varint");
    }

    static std::string take_delimited(std::string_view& bytes) {
        const std::uint64_t length = take_varint(bytes);
        if (length > bytes.size()) throw std::runtime_error("length past the end");
        const std::string text(bytes.substr(0, length));
        bytes.remove_prefix(length);
        return text;
    }

    [[nodiscard]] std::string text(std::uint32_t field) const { return texts_.at(field).at(0); }
    [[nodiscard]] std::uint64_t number(std::uint32_t field) const { return numbers_.at(field).at(0); }
    [[nodiscard]] double real(std::uint32_t field) const {
        double value = 0;
        const std::uint64_t bits = number(field);
        std::memcpy(&value, &bits, sizeof value);
        return value;
    }
    [[nodiscard]] std::int64_t signed_number(std::uint32_t field) const { return unzigzag(number(field)); }
    [[nodiscard]] std::vector<std::int64_t> signed_numbers(std::uint32_t field) const {
        std::vector<std::int64_t> values;
        if (!numbers_.contains(field)) return values;
        for (const std::uint64_t number : numbers_.at(field)) values.push_back(unzigzag(number));
        return values;
    }
    [[nodiscard]] std::vector<ProtobufMessage> messages(std::uint32_t field) const {
        std::vector<ProtobufMessage> found;
        if (!texts_.contains(field)) return found;
        for (const std::string& bytes : texts_.at(field)) found.emplace_back(bytes);
        return found;
    }
    [[nodiscard]] ProtobufMessage message(std::uint32_t field) const { return ProtobufMessage(text(field)); }
    [[nodiscard]] bool has(std::uint32_t field) const {
        return texts_.contains(field) || numbers_.contains(field);
    }

private:
    static std::int64_t unzigzag(std::uint64_t number) {
        return static_cast<std::int64_t>(number >> 1) ^ -static_cast<std::int64_t>(number & 1);
    }
    static std::uint64_t take_fixed(std::string_view& bytes) {
        if (bytes.size() < 8) throw std::runtime_error("cut in a number");
        std::uint64_t value = 0;
        for (int i = 7; i >= 0; --i) value = value << 8 | static_cast<unsigned char>(bytes[std::size_t(i)]);
        bytes.remove_prefix(8);
        return value;
    }

    std::map<std::uint32_t, std::vector<std::uint64_t>> numbers_;
    std::map<std::uint32_t, std::vector<std::string>> texts_;
};

// Messages one after the other, each after its length.
inline std::vector<ProtobufMessage> read_delimited(std::string_view bytes) {
    std::vector<ProtobufMessage> messages;
    while (!bytes.empty()) messages.emplace_back(ProtobufMessage::take_delimited(bytes));
    return messages;
}

}  // namespace flowtap::test
