// SPDX-License-Identifier: Apache-2.0
#include "dwarf/die.h"

#include <dwarf.h>

#include <algorithm>

namespace flowtap {
namespace {

constexpr int kMaxChain = 64;
constexpr std::size_t kMaxName = 512;

// A type that has a unit of its own (DW_AT_signature) stands here as a declaration only.
Dwarf_Die whole_type(Dwarf_Die type) {
    Dwarf_Attribute attribute;
    Dwarf_Die whole;
    if (dwarf_attr(&type, DW_AT_signature, &attribute) == nullptr ||
        dwarf_formref_die(&attribute, &whole) == nullptr)
        return type;
    return whole;
}

// Its own, or that of the entry it completes, which `holder` is then.
bool find_name(Dwarf_Die& holder, Dwarf_Attribute& name) {
    for (int i = 0; i < kMaxChain; ++i) {
        if (dwarf_attr(&holder, DW_AT_name, &name) != nullptr) return true;
        Dwarf_Attribute origin;
        Dwarf_Die completed;
        if ((dwarf_attr(&holder, DW_AT_abstract_origin, &origin) == nullptr &&
             dwarf_attr(&holder, DW_AT_specification, &origin) == nullptr) ||
            dwarf_formref_die(&origin, &completed) == nullptr)
            return false;
        holder = completed;
    }
    return false;
}

// Whether a name that stands in the entry itself ends before its unit does: dwarf_formstring() does not look,
// but the walk through the attributes fails at it.
bool name_ends(Dwarf_Die& holder) {
    struct Walk {
        bool at_name = false;
        bool past_name = false;
    } walk;
    const auto visit = [](Dwarf_Attribute* attribute, void* argument) -> int {
        auto& reached = *static_cast<Walk*>(argument);
        reached.past_name = reached.at_name;
        reached.at_name = dwarf_whatattr(attribute) == DW_AT_name;
        return reached.past_name ? DWARF_CB_ABORT : DWARF_CB_OK;
    };
    constexpr std::ptrdiff_t kAllVisited = 1;
    return dwarf_getattrs(&holder, visit, &walk, 0) == kAllVisited || walk.past_name;
}

std::string printable(const char* text) {
    std::string clean;
    for (; text != nullptr && *text != '\0' && clean.size() < kMaxName; ++text)
        clean += *text >= 0x20 && *text < 0x7f ? *text : '?';
    return clean;
}

}  // namespace

std::string die_name(Dwarf_Die& die) {
    Dwarf_Die holder = die;
    Dwarf_Attribute name;
    if (!find_name(holder, name)) return {};
    if (dwarf_whatform(&name) == DW_FORM_string && !name_ends(holder)) return {};
    return printable(dwarf_formstring(&name));
}

std::optional<std::uint64_t> die_number(Dwarf_Die& die, unsigned attribute) {
    Dwarf_Attribute found;
    Dwarf_Word value = 0;
    if (dwarf_attr_integrate(&die, attribute, &found) == nullptr || dwarf_formudata(&found, &value) != 0)
        return std::nullopt;
    return value;
}

bool die_flag(Dwarf_Die& die, unsigned attribute) {
    Dwarf_Attribute found;
    bool value = false;
    return dwarf_attr_integrate(&die, attribute, &found) != nullptr && dwarf_formflag(&found, &value) == 0 &&
           value;
}

std::optional<Dwarf_Die> die_type(Dwarf_Die& die) {
    Dwarf_Attribute attribute;
    Dwarf_Die type;
    if (dwarf_attr_integrate(&die, DW_AT_type, &attribute) == nullptr ||
        dwarf_formref_die(&attribute, &type) == nullptr)
        return std::nullopt;
    return type;
}

std::optional<Dwarf_Die> bare_type(Dwarf_Die type) {
    for (int i = 0; i < kMaxChain; ++i) {
        switch (dwarf_tag(&type)) {
            case DW_TAG_typedef:
            case DW_TAG_const_type:
            case DW_TAG_volatile_type:
            case DW_TAG_restrict_type:
            case DW_TAG_atomic_type:
            case DW_TAG_template_alias:
                break;
            case DW_TAG_invalid:
                return std::nullopt;
            default:
                return whole_type(type);
        }
        const auto next = die_type(type);
        if (!next) return std::nullopt;
        type = *next;
    }
    return std::nullopt;
}

std::optional<Dwarf_Die> bare_type_of(Dwarf_Die& die) {
    const auto type = die_type(die);
    return type ? bare_type(*type) : std::nullopt;
}

bool is_record(Dwarf_Die& type) {
    const int tag = dwarf_tag(&type);
    return tag == DW_TAG_structure_type || tag == DW_TAG_class_type || tag == DW_TAG_union_type;
}

bool is_pointer(Dwarf_Die& type) {
    const int tag = dwarf_tag(&type);
    return tag == DW_TAG_pointer_type || tag == DW_TAG_reference_type || tag == DW_TAG_rvalue_reference_type;
}

bool is_declaration(Dwarf_Die& type) {
    Dwarf_Attribute found;
    bool value = false;
    return dwarf_attr(&type, DW_AT_declaration, &found) != nullptr && dwarf_formflag(&found, &value) == 0 &&
           value;
}

std::optional<std::int64_t> member_offset(Dwarf_Die& member) {
    Dwarf_Attribute attribute;
    if (dwarf_hasattr_integrate(&member, DW_AT_bit_size) != 0) return std::nullopt;
    if (dwarf_attr_integrate(&member, DW_AT_data_member_location, &attribute) == nullptr)
        return 0;  // of a union
    Dwarf_Word value = 0;
    Dwarf_Op* expression = nullptr;
    std::size_t length = 0;
    if (dwarf_formudata(&attribute, &value) != 0) {
        if (dwarf_getlocation(&attribute, &expression, &length) != 0 || length != 1 ||
            expression[0].atom != DW_OP_plus_uconst)
            return std::nullopt;
        value = expression[0].number;
    }
    constexpr Dwarf_Word kLargest = 1 << 30;
    return value <= kLargest ? std::optional(static_cast<std::int64_t>(value)) : std::nullopt;
}

void for_each_child(Dwarf_Die& parent, DieBudget& budget, const std::function<bool(Dwarf_Die&)>& visit) {
    Dwarf_Die child;
    if (dwarf_child(&parent, &child) != 0) return;
    do {
        if (!budget.spend() || !visit(child)) return;
    } while (dwarf_siblingof(&child, &child) == 0);
}

}  // namespace flowtap
