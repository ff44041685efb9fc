// SPDX-License-Identifier: Apache-2.0
// ValueType: from a type to one of its members.
#include <dwarf.h>

#include <array>
#include <string_view>

#include "dwarf/die_search.h"
#include "dwarf/value_type.h"

namespace flowtap {
namespace {

constexpr int kMaxMemberPointers = 8;
constexpr int kMaxMemberNesting = 16;

Error no_member(const std::string& name, std::string cause) {
    return {"find", name, std::move(cause), {}, Error::Kind::kUsage};
}

std::string name_of(Dwarf_Die& type) {
    const std::string name = die_name(type);
    return name.empty() ? "an unnamed type" : name;
}

}  // namespace

// The record a value is, or points to; its definition.
Result<Dwarf_Die> ValueType::record_at(Dwarf_Die type) {
    std::optional<Dwarf_Die> bare = bare_type(type);
    for (int i = 0; bare && is_pointer(*bare); ++i) {
        if (i == kMaxMemberPointers) return no_member("", "too many pointers");
        follow();
        bare = bare_type_of(*bare);
    }
    if (!bare) return no_member("", "its type is void or not known");
    if (!is_record(*bare)) return no_member("", name_of(*bare) + " has no members");
    const auto definition = definition_of(dwarf_, *bare, budget_);
    if (!definition)
        return no_member("", name_of(*bare) + " is declared in the debug information, not defined");
    return *definition;
}

std::optional<ValueType::Member> ValueType::find_member(Dwarf_Die& record, const std::string& name,
                                                        int nesting) {
    if (nesting > kMaxMemberNesting) return std::nullopt;
    std::optional<Member> found;
    for_each_child(record, budget_, [&](Dwarf_Die& child) {
        const int tag = dwarf_tag(&child);
        if (tag != DW_TAG_member && tag != DW_TAG_inheritance) return true;
        const std::string child_name = die_name(child);
        const bool is_inside = tag == DW_TAG_inheritance || child_name.empty();
        if (!is_inside && child_name != name) return true;
        const auto offset = member_offset(child);
        const auto type = die_type(child);
        if (!offset || !type || dwarf_hasattr(&child, DW_AT_external) != 0) return true;
        if (!is_inside) {
            found = Member{*type, *offset};
        } else if (auto bare = bare_type(*type); bare && is_record(*bare)) {
            auto base = definition_of(dwarf_, *bare, budget_);
            if (base) found = find_member(*base, name, nesting + 1);
            if (found) found->offset += *offset;
        }
        return !found;
    });
    return found;
}

// Those of the standard libraries keep the pointer first.
std::optional<Dwarf_Die> ValueType::smart_pointee(Dwarf_Die& record) {
    constexpr std::array<std::string_view, 3> kNames{"unique_ptr<", "shared_ptr<", "__shared_ptr<"};
    const std::string name = die_name(record);
    bool is_smart = false;
    for (const std::string_view one : kNames) is_smart = is_smart || name.starts_with(one);
    std::optional<Dwarf_Die> pointee;
    if (!is_smart) return pointee;
    for_each_child(record, budget_, [&](Dwarf_Die& child) {
        if (dwarf_tag(&child) != DW_TAG_template_type_parameter) return true;
        pointee = die_type(child);
        return false;
    });
    return pointee;
}

std::string ValueType::member_names(Dwarf_Die& record) {
    constexpr std::size_t kMost = 300;
    std::string names;
    for_each_child(record, budget_, [&](Dwarf_Die& child) {
        const int tag = dwarf_tag(&child);
        if (tag == DW_TAG_member || tag == DW_TAG_inheritance) {
            auto type = tag == DW_TAG_inheritance ? bare_type_of(child) : std::nullopt;
            const std::string name = type ? "those of " + die_name(*type) : die_name(child);
            if (!name.empty()) names += (names.empty() ? "" : ", ") + name;
        }
        return names.size() < kMost;
    });
    return names.empty() ? "none" : names;
}

Result<Dwarf_Die> ValueType::enter_member(Dwarf_Die type, const std::string& name) {
    Result<Dwarf_Die> record = record_at(type);
    for (int i = 0; i < kMaxMemberPointers && record; ++i) {
        if (const auto member = find_member(*record, name)) {
            value_.steps.push_back({false, member->offset});
            return member->type;
        }
        const auto pointee = smart_pointee(*record);
        if (!pointee) break;
        follow();
        record = record_at(*pointee);
    }
    if (!record) return no_member(name, "before ." + name + ": " + record.error().cause);
    return no_member(
        name, name_of(*record) + " has no member " + name + " (it has: " + member_names(*record) + ")");
}

}  // namespace flowtap
