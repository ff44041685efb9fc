// SPDX-License-Identifier: Apache-2.0
#include "dwarf/value_type.h"

#include <dwarf.h>

#include <utility>

#include "dwarf/die_search.h"

namespace flowtap {
namespace {

constexpr int kMaxPointers = 8;
constexpr int kMaxNesting = 16;
constexpr std::size_t kMaxEnumerators = 4096;
constexpr std::uint64_t kRustStringSize = 24;

Error no_id(std::string cause) { return {"read", "", std::move(cause), {}, Error::Kind::kUsage}; }

bool is_character(Dwarf_Die& type) {
    if (dwarf_tag(&type) != DW_TAG_base_type || die_number(type, DW_AT_byte_size) != 1) return false;
    const auto encoding = die_number(type, DW_AT_encoding);
    return encoding &&
           (*encoding == DW_ATE_signed_char || *encoding == DW_ATE_unsigned_char || *encoding == DW_ATE_UTF);
}

bool points_to_characters(Dwarf_Die& type) {
    auto pointee = bare_type_of(type);
    return dwarf_tag(&type) == DW_TAG_pointer_type && pointee && is_character(*pointee);
}

bool is_reference(Dwarf_Die& type) { return is_pointer(type) && dwarf_tag(&type) != DW_TAG_pointer_type; }

bool is_signed_type(Dwarf_Die& type) {
    const auto encoding = die_number(type, DW_AT_encoding);
    return encoding && (*encoding == DW_ATE_signed || *encoding == DW_ATE_signed_char);
}

}  // namespace

void ValueType::end_as(DebugValue::Kind kind, std::string name) {
    value_.kind = kind;
    value_.type_name = std::move(name);
}

Result<void> ValueType::finish(Dwarf_Die type) {
    std::optional<Dwarf_Die> bare = bare_type(type);
    for (int i = 0; bare && is_pointer(*bare) && i < kMaxPointers; ++i) {
        // char * of C; a pointer to any other type stands for what it points to, as a reference does.
        if (points_to_characters(*bare)) {
            end_as(DebugValue::Kind::kCString, "char *");
            return {};
        }
        auto pointee = bare_type_of(*bare);
        const bool leads_on = pointee && (is_reference(*bare) || is_record(*pointee) || is_pointer(*pointee));
        if (!leads_on) return no_id("it is a pointer to something other than text");
        follow();
        bare = pointee;
    }
    if (!bare) return no_id("its type is void or not known");
    if (is_record(*bare)) {
        if (finish_text(*bare)) return {};
        auto definition = definition_of(dwarf_, *bare, budget_);
        const std::string names = definition ? member_names(*definition) : "not known";
        return no_id("it is a " + die_name(*bare) + ": name one of its members (" + names + ")");
    }
    return finish_number(*bare);
}

// A pointer with an owner keeps the plain one first, as a coroutine's handle does.
Result<void> ValueType::finish_key(Dwarf_Die type) {
    std::optional<Dwarf_Die> bare = bare_type(type);
    if (!bare) return no_id("its type is void or not known");
    const bool is_handle = is_record(*bare) && (smart_pointee(*bare).has_value() ||
                                                die_name(*bare).starts_with("coroutine_handle<"));
    if (is_pointer(*bare) || is_handle) {
        value_.size = 8;
        end_as(DebugValue::Kind::kNumber, is_handle ? die_name(*bare) : "an address");
        return {};
    }
    if (is_record(*bare)) return no_id(die_name(*bare) + " is not a key: name one of its members");
    if (Result<void> done = finish_number(*bare); !done) return done;
    if (value_.kind == DebugValue::Kind::kNumber) return {};
    return no_id(value_.type_name + " is not a key: it is neither a number nor an address");
}

Result<void> ValueType::finish_number(Dwarf_Die& type) {
    const int tag = dwarf_tag(&type);
    if (tag == DW_TAG_array_type) {
        auto element = bare_type_of(type);
        Dwarf_Word size = 0;
        if (!element || !is_character(*element) || dwarf_aggregate_size(&type, &size) != 0)
            return no_id("it is an array of something other than characters");
        constexpr Dwarf_Word kLargest = 1 << 20;
        value_.size = static_cast<unsigned>(std::min(size, kLargest));
        end_as(DebugValue::Kind::kCharArray, "char[" + std::to_string(size) + "]");
        return {};
    }
    const auto size = die_number(type, DW_AT_byte_size).value_or(0);
    const auto encoding = die_number(type, DW_AT_encoding);
    const bool is_enumeration = tag == DW_TAG_enumeration_type;
    const bool is_integer =
        tag == DW_TAG_base_type && encoding != DW_ATE_float && encoding != DW_ATE_complex_float;
    if ((!is_enumeration && !is_integer) || (size != 1 && size != 2 && size != 4 && size != 8))
        return no_id(die_name(type) + " is not an id: it is neither an integer nor a text");
    value_.size = static_cast<unsigned>(size);
    value_.is_signed = is_signed_type(type);
    if (is_enumeration) read_enumerators(type);
    end_as(DebugValue::Kind::kNumber, (is_enumeration ? "enum " : "") + die_name(type));
    return {};
}

void ValueType::read_enumerators(Dwarf_Die& type) {
    if (auto underlying = bare_type_of(type)) value_.is_signed = is_signed_type(*underlying);
    for_each_child(type, budget_, [&](Dwarf_Die& child) {
        Dwarf_Attribute attribute;
        Dwarf_Sword number = 0;
        Dwarf_Word word = 0;
        if (dwarf_tag(&child) != DW_TAG_enumerator ||
            dwarf_attr(&child, DW_AT_const_value, &attribute) == nullptr)
            return true;
        if (value_.is_signed ? dwarf_formsdata(&attribute, &number) != 0
                             : dwarf_formudata(&attribute, &word) != 0)
            return true;
        if (!value_.is_signed) number = static_cast<Dwarf_Sword>(word);
        value_.enumerators.emplace(number, die_name(child));
        return value_.enumerators.size() < kMaxEnumerators;
    });
}

bool ValueType::finish_text(Dwarf_Die& record) {
    const std::string name = die_name(record);
    if (name.starts_with("basic_string<char") || name.starts_with("basic_string_view<char"))
        return finish_cxx_string(record, is_declaration(record) ? scope_of(record, budget_) : std::string());
    auto definition = definition_of(dwarf_, record, budget_);
    if (!definition) return false;
    return finish_slice(*definition, "data_ptr", "length") || finish_rust_string(*definition);
}

// The layouts of libstdc++ and libc++, told by their members, or, where compilers leave the definition to the
// library's own debug information, by their inline namespaces.
bool ValueType::finish_cxx_string(Dwarf_Die& record, const std::string& scope) {
    const bool is_view = die_name(record).starts_with("basic_string_view<");
    const bool is_declared = is_declaration(record);
    const bool is_libcxx = is_declared ? scope.starts_with("std::__1") || scope.starts_with("std::__ndk1")
                                       : find_member(record, is_view ? "__size" : "__r_").has_value() ||
                                             find_member(record, is_view ? "__size_" : "__rep_").has_value();
    if (is_view) {
        end_as(DebugValue::Kind::kSlice, "std::string_view");
        value_.pointer_offset = is_libcxx ? 0 : 8;
        value_.length_offset = is_libcxx ? 8 : 0;
        return true;
    }
    end_as(is_libcxx ? DebugValue::Kind::kLibcxxString : DebugValue::Kind::kSlice, "std::string");
    value_.pointer_offset = 0;
    value_.length_offset = 8;
    if (is_libcxx) return true;
    const bool has_length =
        is_declared ? scope == "std::__cxx11" : find_member(record, "_M_string_length").has_value();
    // The string of libstdc++ before 2015: a pointer to text that ends in a zero byte.
    if (!has_length) value_.kind = DebugValue::Kind::kCString;
    return true;
}

bool ValueType::finish_slice(Dwarf_Die& record, const char* pointer, const char* length) {
    auto data = find_member(record, pointer);
    const auto size = find_member(record, length);
    if (!data || !size || data->offset > 255 || size->offset > 255) return false;
    auto bare = bare_type(data->type);
    auto pointee = bare && is_pointer(*bare) ? bare_type_of(*bare) : std::nullopt;
    if (!pointee || die_number(*pointee, DW_AT_byte_size) != 1) return false;
    end_as(DebugValue::Kind::kSlice, die_name(record));
    value_.pointer_offset = static_cast<unsigned>(data->offset);
    value_.length_offset = static_cast<unsigned>(size->offset);
    return true;
}

// Rust's String: {vec: Vec<u8> {buf, len}}, in whichever order this rustc chose.
bool ValueType::finish_rust_string(Dwarf_Die& record) {
    if (die_name(record) != "String" || die_number(record, DW_AT_byte_size) != kRustStringSize) return false;
    const auto vector = find_member(record, "vec");
    auto type = vector ? bare_type(vector->type) : std::nullopt;
    if (!type || !is_record(*type)) return false;
    const auto length = find_member(*type, "len");
    const auto buffer = find_member(*type, "buf");
    const auto pointer = buffer ? first_pointer(buffer->type, 0) : std::nullopt;
    if (!length || !pointer) return false;
    const std::int64_t pointer_at = vector->offset + buffer->offset + *pointer;
    const std::int64_t length_at = vector->offset + length->offset;
    if (pointer_at > 255 || length_at > 255) return false;
    end_as(DebugValue::Kind::kSlice, "String");
    value_.pointer_offset = static_cast<unsigned>(pointer_at);
    value_.length_offset = static_cast<unsigned>(length_at);
    return true;
}

std::optional<std::int64_t> ValueType::first_pointer(Dwarf_Die type, int nesting) {
    auto bare = bare_type(type);
    if (!bare || nesting > kMaxNesting) return std::nullopt;
    if (is_pointer(*bare)) return 0;
    std::optional<std::int64_t> found;
    if (!is_record(*bare)) return found;
    for_each_child(*bare, budget_, [&](Dwarf_Die& child) {
        const auto member = dwarf_tag(&child) == DW_TAG_member ? die_type(child) : std::nullopt;
        const auto offset = member_offset(child);
        if (!member || !offset) return true;
        found = first_pointer(*member, nesting + 1);
        if (found) *found += *offset;
        return !found;
    });
    return found;
}

}  // namespace flowtap
