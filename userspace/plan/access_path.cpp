// SPDX-License-Identifier: Apache-2.0
#include "plan/access_path.h"

#include <limits>
#include <utility>

#include "elf/symbols/address_text.h"

namespace flowtap {
namespace {

std::string offset_text(std::int64_t offset) {
    if (offset == 0) return {};
    return offset < 0 ? "-" + address_text(static_cast<std::uint64_t>(-offset))
                      : "+" + address_text(static_cast<std::uint64_t>(offset));
}

const char* value_text(const ft_access& access) {
    switch (access.type) {
        case FT_VALUE_NUMBER:
        case FT_VALUE_NUMBER_AT:
            return access.is_signed != 0 ? "int" : "uint";
        case FT_VALUE_CSTRING_AT:
            return "C string";
        case FT_VALUE_LIBCXX_STRING_AT:
            return "libc++ string";
        default:
            return "string";
    }
}

}  // namespace

const char* register_name(std::uint8_t number) {
    return number < arch::kRegisterNames.size() ? arch::kRegisterNames[number] : "?";
}

AccessPath::AccessPath() {
    access_.base = FT_NO_REGISTER;
    access_.index = FT_NO_REGISTER;
    access_.length = FT_NO_REGISTER;
}

AccessPath AccessPath::in_registers(std::vector<std::uint8_t> registers) {
    AccessPath path;
    path.registers_ = std::move(registers);
    return path;
}

AccessPath AccessPath::at_register(std::uint8_t base, std::int64_t offset) {
    AccessPath path;
    path.access_.base = base;
    path.access_.constant = static_cast<std::uint64_t>(offset);
    return path;
}

AccessPath AccessPath::at_address(std::uint64_t address) {
    AccessPath path;
    path.access_.constant = address;
    return path;
}

AccessPath AccessPath::of_constant(std::uint64_t value) {
    AccessPath path = at_address(value);
    path.is_constant_ = true;
    return path;
}

void AccessPath::add_index(std::uint8_t index, std::uint8_t scale) {
    access_.index = index;
    access_.scale = scale;
}

void AccessPath::move(std::int64_t bytes) { offset_ += bytes; }

std::optional<std::uint8_t> AccessPath::register_at(std::int64_t offset) const {
    if (offset < 0 || static_cast<std::size_t>(offset / 8) >= registers_.size()) return std::nullopt;
    const std::uint8_t number = registers_[static_cast<std::size_t>(offset / 8)];
    return number < arch::kRegisterNames.size() ? std::optional(number) : std::nullopt;
}

bool AccessPath::follow() {
    if (is_constant_) {
        is_constant_ = false;
        return true;
    }
    if (is_in_registers()) {
        const std::optional<std::uint8_t> holder = register_at(offset_);
        if (!holder || offset_ % 8 != 0) return false;
        access_.base = *holder;
        registers_.clear();
        offset_ = 0;
        return true;
    }
    if (access_.loads == FT_MAX_LOADS || offset_ != static_cast<__s32>(offset_)) return false;
    access_.offsets[access_.loads++] = static_cast<__s32>(offset_);
    offset_ = 0;
    return true;
}

bool AccessPath::finish_in_memory(ft_value type) {
    if (is_in_registers() || is_constant_ || offset_ != static_cast<__s32>(offset_)) return false;
    access_.type = type;
    access_.offset = static_cast<__s32>(offset_);
    return true;
}

bool AccessPath::read_number(unsigned width, bool is_signed) {
    if (width != 1 && width != 2 && width != 4 && width != 8) return false;
    access_.width = static_cast<__u8>(width);
    access_.is_signed = is_signed;
    if (is_constant_) {
        access_.type = FT_VALUE_NUMBER;
        return true;
    }
    if (!is_in_registers()) return finish_in_memory(FT_VALUE_NUMBER_AT);
    const std::int64_t within = offset_ % 8;
    const std::optional<std::uint8_t> holder = register_at(offset_);
    if (!holder || within + width > 8) return false;
    access_.type = FT_VALUE_NUMBER;
    access_.base = *holder;
    access_.shift = static_cast<__u8>(8 * within);
    return true;
}

bool AccessPath::read_cstring() { return follow() && finish_in_memory(FT_VALUE_CSTRING_AT); }

bool AccessPath::read_array(std::uint64_t size) {
    if (size == 0) return false;
    access_.limit = size < FT_TEXT_DATA ? static_cast<__u8>(size) : 0;
    return finish_in_memory(FT_VALUE_CSTRING_AT);
}

bool AccessPath::read_slice(unsigned pointer_offset, unsigned length_offset) {
    constexpr unsigned kMost = std::numeric_limits<__u8>::max();
    if (is_in_registers()) {
        const std::optional<std::uint8_t> pointer = register_at(offset_ + pointer_offset);
        const std::optional<std::uint8_t> length = register_at(offset_ + length_offset);
        if (!pointer || !length || (offset_ + pointer_offset) % 8 != 0 || (offset_ + length_offset) % 8 != 0)
            return false;
        access_.base = *pointer;
        access_.length = *length;
        access_.type = FT_VALUE_BYTES_AT;
        return true;
    }
    if (pointer_offset > kMost || length_offset > kMost) return false;
    access_.pointer_offset = static_cast<__u8>(pointer_offset);
    access_.length_offset = static_cast<__u8>(length_offset);
    return finish_in_memory(FT_VALUE_SLICE_AT);
}

bool AccessPath::read_libcxx_string() { return finish_in_memory(FT_VALUE_LIBCXX_STRING_AT); }

RegisterSet AccessPath::registers() const {
    RegisterSet set;
    for (const __u8 number : {access_.base, access_.index, access_.length})
        if (number < arch::kRegisterNames.size()) set = set | static_cast<Register>(number);
    return set;
}

bool AccessPath::reads_memory() const { return access_.type != FT_VALUE_NUMBER || access_.loads != 0; }

std::string AccessPath::text() const {
    std::string place;
    if (access_.base != FT_NO_REGISTER) place = register_name(access_.base);
    if (access_.index != FT_NO_REGISTER)
        place += std::string("+") + register_name(access_.index) + "*" + std::to_string(1 << access_.scale);
    std::int64_t pending = static_cast<std::int64_t>(access_.constant);
    for (unsigned i = 0; i < access_.loads; i++) {
        place.insert(0, "[").append(offset_text(pending + access_.offsets[i])).append("]");
        pending = 0;
    }
    place += offset_text(pending + access_.offset);
    std::string text = value_text(access_);
    if (access_.width != 0) text += std::to_string(8 * access_.width);
    text += access_.type == FT_VALUE_NUMBER ? " in " : " at ";
    text += place.empty() ? "0x0" : place;
    if (access_.shift != 0) text += ", bits " + std::to_string(access_.shift) + " on";
    if (access_.type == FT_VALUE_BYTES_AT)
        text += std::string(", length in ") + register_name(access_.length);
    return text;
}

}  // namespace flowtap
