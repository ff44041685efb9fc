// SPDX-License-Identifier: Apache-2.0
#include <dwarf.h>

#include <algorithm>
#include <array>

#include "dwarf/calling_convention.h"

namespace flowtap {
namespace {

using Kind = PassedAs::Kind;

constexpr std::uint64_t kWord = 8;
constexpr std::uint64_t kLargestInRegisters = 16;
constexpr int kMaxRecordNesting = 16;

// DW_CC_* of classes (DWARF 5, 5.7.1).
constexpr std::uint64_t kPassByReference = 4;

struct Leaf {
    std::uint64_t offset;
    std::uint64_t size;
    bool is_vector;
};

bool is_floating(Dwarf_Die& type) {
    const auto encoding = die_number(type, DW_AT_encoding);
    return encoding && (*encoding == DW_ATE_float || *encoding == DW_ATE_complex_float);
}

// The scalars of a record of at most 16 bytes. False where something is not understood.
bool collect(Dwarf_Die type, std::uint64_t offset, int nesting, DieBudget& budget, std::vector<Leaf>& leaves);

bool collect_members(Dwarf_Die& record, std::uint64_t offset, int nesting, DieBudget& budget,
                     std::vector<Leaf>& leaves) {
    bool known = true;
    for_each_child(record, budget, [&](Dwarf_Die& child) {
        const int tag = dwarf_tag(&child);
        if (tag == DW_TAG_variant_part) known = false;
        if (tag != DW_TAG_member && tag != DW_TAG_inheritance) return known;
        if (dwarf_hasattr(&child, DW_AT_external) != 0 || dwarf_hasattr(&child, DW_AT_declaration) != 0)
            return true;  // static
        if (dwarf_hasattr(&child, DW_AT_bit_size) != 0) {
            // DWARF 5 counts bits, DWARF 4 the bytes before.
            const std::uint64_t bit = die_number(child, DW_AT_data_bit_offset).value_or(0);
            const std::uint64_t byte = die_number(child, DW_AT_data_member_location).value_or(bit / 8);
            leaves.push_back({offset + byte, 1, false});
            return true;
        }
        const auto at = member_offset(child);
        const auto member = bare_type_of(child);
        known = at && member &&
                collect(*member, offset + static_cast<std::uint64_t>(*at), nesting + 1, budget, leaves);
        return known;
    });
    return known && !budget.is_spent();
}

bool collect_array(Dwarf_Die& array, std::uint64_t offset, int nesting, DieBudget& budget,
                   std::vector<Leaf>& leaves) {
    const auto element = bare_type_of(array);
    Dwarf_Word size = 0;
    Dwarf_Word each = 0;
    Dwarf_Die element_die;
    if (!element) return false;
    element_die = *element;
    if (dwarf_aggregate_size(&array, &size) != 0 || dwarf_aggregate_size(&element_die, &each) != 0)
        return false;
    if (each == 0 || size > kLargestInRegisters) return size == 0;
    for (std::uint64_t at = 0; at + each <= size; at += each)
        if (!collect(*element, offset + at, nesting + 1, budget, leaves)) return false;
    return true;
}

bool collect(Dwarf_Die type, std::uint64_t offset, int nesting, DieBudget& budget,
             std::vector<Leaf>& leaves) {
    if (nesting > kMaxRecordNesting || !budget.spend()) return false;
    if (is_record(type)) return collect_members(type, offset, nesting, budget, leaves);
    if (dwarf_tag(&type) == DW_TAG_array_type) return collect_array(type, offset, nesting, budget, leaves);
    const std::uint64_t size = is_pointer(type) ? kWord : die_number(type, DW_AT_byte_size).value_or(0);
    if (size == 0 || size > kLargestInRegisters || offset + size > kLargestInRegisters) return false;
    leaves.push_back({offset, size, is_floating(type)});
    return true;
}

// A copy that is more than copying bytes forbids registers. Compilers say so since DWARF 5; before, a
// virtual table, or a destructor or copy constructor of its own, shows it.
bool needs_address(Dwarf_Die& record, DieBudget& budget) {
    const auto convention = die_number(record, DW_AT_calling_convention);
    if (convention) return *convention == kPassByReference;
    const std::string name = die_name(record);
    bool needs = false;
    for_each_child(record, budget, [&](Dwarf_Die& child) {
        const std::string child_name = die_name(child);
        const bool is_destructor = child_name.starts_with("~") && dwarf_hasattr(&child, DW_AT_defaulted) == 0;
        needs = child_name.starts_with("_vptr") || (dwarf_tag(&child) == DW_TAG_subprogram && is_destructor);
        return !needs;
    });
    return needs || name.starts_with("basic_string<");
}

PassedAs in_words(const std::vector<Leaf>& leaves, std::uint64_t size) {
    PassedAs passed{Kind::kRegisters, {}, size};
    for (std::uint64_t word = 0; word < size; word += kWord) {
        const bool vector = std::ranges::all_of(leaves, [word](const Leaf& leaf) {
            return leaf.offset + leaf.size <= word || leaf.offset >= word + kWord || leaf.is_vector;
        });
        passed.general.push_back(!vector);
    }
    return passed;
}

// rustc passes a struct of one scalar as that scalar and one of two as two arguments; others small enough as
// integers or, in some versions, by address.
PassedAs rust_record(const std::vector<Leaf>& leaves, std::uint64_t size) {
    if (leaves.size() == 1) return {Kind::kRegisters, {!leaves[0].is_vector}, size};
    const bool two_words = leaves.size() == 2 && size == 2 * kWord;
    if (two_words) return in_words(leaves, size);
    return leaves.size() > 2 && size <= kWord ? PassedAs{Kind::kRegisters, {true}, size} : PassedAs{};
}

PassedAs record_passed_as(Dwarf_Die& record, SourceLanguage language, DieBudget& budget) {
    Dwarf_Word size = 0;
    const bool rust = language == SourceLanguage::kRust;
    if (!rust && needs_address(record, budget)) return {Kind::kAddress};
    if (is_declaration(record) || dwarf_aggregate_size(&record, &size) != 0) return {};
    if (size > kLargestInRegisters) return {rust ? Kind::kAddress : Kind::kMemory, {}, size};
    std::vector<Leaf> leaves;
    if (!collect_members(record, 0, 0, budget, leaves)) return {Kind::kUnknown, {}, size};
    if (leaves.empty()) return {Kind::kNothing};
    const bool unaligned =
        std::ranges::any_of(leaves, [](const Leaf& leaf) { return leaf.offset % leaf.size != 0; });
    if (unaligned) return {Kind::kMemory, {}, size};
    return rust ? rust_record(leaves, size) : in_words(leaves, size);
}

PassedAs base_passed_as(Dwarf_Die& type) {
    const std::uint64_t size = die_number(type, DW_AT_byte_size).value_or(0);
    if (size == 0) return {Kind::kNothing};
    if (size > kLargestInRegisters) return {};
    if (!is_floating(type)) {
        const std::size_t words = size > kWord ? 2 : 1;
        return {Kind::kRegisters, std::vector<bool>(words, true), size};
    }
    if (die_number(type, DW_AT_encoding) == DW_ATE_complex_float) return {};
    const bool x87 = die_name(type) == "long double";
    return x87 ? PassedAs{Kind::kMemory, {}, size} : PassedAs{Kind::kRegisters, {false}, size};
}

}  // namespace

PassedAs passed_as(std::optional<Dwarf_Die> type, SourceLanguage language, DieBudget& budget) {
    if (!type) return {Kind::kNothing};
    std::optional<Dwarf_Die> bare = bare_type(*type);
    if (!bare) return {};
    if (is_record(*bare)) return record_passed_as(*bare, language, budget);
    switch (dwarf_tag(&*bare)) {
        case DW_TAG_pointer_type:
        case DW_TAG_reference_type:
        case DW_TAG_rvalue_reference_type:
        case DW_TAG_enumeration_type:
        case DW_TAG_unspecified_type:  // decltype(nullptr)
            return {Kind::kRegisters, {true}, kWord};
        case DW_TAG_base_type:
            return base_passed_as(*bare);
        default:
            return {};
    }
}

}  // namespace flowtap
