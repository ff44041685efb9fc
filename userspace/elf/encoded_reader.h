// SPDX-License-Identifier: Apache-2.0
// Reads the variable-length numbers and encoded pointers of .eh_frame and .gcc_except_table within bounds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace flowtap {

// Reading past the end gives zeros and turns failed() on for good, so a caller may check once.
class EncodedReader {
public:
    // DW_EH_PE_* (Linux Standard Base, "DWARF Extensions").
    static constexpr uint8_t kOmit = 0xff;

    // `address`: where the first byte lies, for pointers relative to their own place.
    EncodedReader(std::span<const std::byte> bytes, uint64_t address) : bytes_(bytes), address_(address) {}

    [[nodiscard]] bool failed() const { return failed_; }
    [[nodiscard]] bool at_end() const { return failed_ || position_ == bytes_.size(); }
    [[nodiscard]] size_t position() const { return position_; }

    template <typename T>
    T fixed() {
        T value{};
        if (bytes_.size() - position_ < sizeof value) {
            failed_ = true;
            position_ = bytes_.size();
            return value;
        }
        std::memcpy(&value, bytes_.data() + position_, sizeof value);
        position_ += sizeof value;
        return value;
    }

    uint64_t uleb();
    int64_t sleb();
    void skip(uint64_t count);
    // A pointer in that encoding; indirect and text-, data- or function-relative ones are failures.
    uint64_t pointer(uint8_t encoding);
    // A length or offset: the value format of the encoding without what it is relative to.
    uint64_t plain(uint8_t encoding);

private:
    uint64_t leb(bool is_signed);

    std::span<const std::byte> bytes_;
    uint64_t address_;
    size_t position_ = 0;
    bool failed_ = false;
};

}  // namespace flowtap
