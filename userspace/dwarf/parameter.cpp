// SPDX-License-Identifier: Apache-2.0
#include "dwarf/parameter.h"

#include <dwarf.h>

#include <optional>
#include <span>
#include <utility>

#include "arch/architecture.h"

namespace flowtap {
namespace {

using Operations = std::span<const Dwarf_Op>;

std::optional<Register> register_of(Dwarf_Word number) {
    return number < arch::kDwarfRegisters.size() ? std::optional(arch::kDwarfRegisters[number])
                                                 : std::nullopt;
}

std::optional<std::uint8_t> hardware_register(Dwarf_Word number) {
    const auto one = register_of(number);
    return one ? std::optional(number_of(*one)) : std::nullopt;
}

std::optional<std::uint8_t> register_named(const Dwarf_Op& operation) {
    if (operation.atom >= DW_OP_reg0 && operation.atom <= DW_OP_reg31)
        return hardware_register(operation.atom - DW_OP_reg0);
    if (operation.atom == DW_OP_regx) return hardware_register(operation.number);
    return std::nullopt;
}

// What a parameter's location says about the function's first instruction.
struct Location {
    enum class Kind : std::uint8_t {
        kNone,   // not said, or not for there
        kHome,   // where the function's own code will store it: not there yet
        kPlace,  // known
        kOther,  // in some way that is not understood
    };
    Kind kind = Kind::kNone;
    ParameterPlace place = {};
};

Location in_registers(std::vector<std::uint8_t> registers) {
    return {Location::Kind::kPlace, {std::move(registers), 0, false}};
}

// One register, or two with 8 bytes each.
Location whole_registers(Operations operations) {
    if (operations.size() == 1) {
        if (const auto one = register_named(operations[0])) return in_registers({*one});
    }
    if (operations.size() == 4 && operations[1].atom == DW_OP_piece && operations[1].number == 8 &&
        operations[3].atom == DW_OP_piece && operations[3].number <= 8) {
        const auto first = register_named(operations[0]);
        const auto second = register_named(operations[2]);
        if (first && second) return in_registers({*first, *second});
    }
    return {Location::Kind::kOther};
}

// Memory at a fixed distance from the stack pointer at entry: the caller's if it is above the return address.
Location on_stack(std::int64_t offset, bool by_address) {
    if (offset < arch::kReturnAddressSize) return {Location::Kind::kHome};
    return {Location::Kind::kPlace, {{}, offset, by_address}};
}

// What DW_OP_fbreg counts from, as a distance from the stack pointer at entry.
std::optional<std::int64_t> frame_base(Dwarf_Die& function) {
    Dwarf_Attribute attribute;
    Dwarf_Op* operations = nullptr;
    std::size_t count = 0;
    if (dwarf_attr_integrate(&function, DW_AT_frame_base, &attribute) == nullptr ||
        dwarf_getlocation(&attribute, &operations, &count) != 0 || count != 1)
        return std::nullopt;
    if (operations[0].atom == DW_OP_call_frame_cfa) return arch::kReturnAddressSize;
    if (operations[0].atom >= DW_OP_reg0 &&
        register_of(operations[0].atom - DW_OP_reg0) == arch::kFramePointer)
        return arch::kFramePointerAtEntry;
    return std::nullopt;
}

Location from_frame(Dwarf_Die& function, std::int64_t offset, bool by_address) {
    const auto base = frame_base(function);
    constexpr std::int64_t kFarthest = 1 << 20;
    if (!base || offset > kFarthest || offset < -kFarthest) return {Location::Kind::kHome};
    return on_stack(*base + offset, by_address);
}

Location understand(Dwarf_Die& function, Operations operations, bool everywhere) {
    if (operations.empty()) return {};
    const Dwarf_Op& first = operations[0];
    const bool dereferences = operations.size() == 2 && operations[1].atom == DW_OP_deref;
    if (operations.size() > 1 && !dereferences) return whole_registers(operations);
    const auto offset = static_cast<std::int64_t>(first.number);
    if (first.atom == DW_OP_fbreg) return from_frame(function, offset, dereferences);
    if (first.atom >= DW_OP_breg0 && first.atom <= DW_OP_breg31) {
        const Dwarf_Word base = first.atom - DW_OP_breg0;
        // For the whole function: an address in its frame, which is not made yet.
        if (everywhere) return {Location::Kind::kHome};
        if (register_of(base) == arch::kStackPointer) return on_stack(offset, dereferences);
        const auto holder = hardware_register(base);
        if (!holder || register_of(base) == arch::kFramePointer || offset != 0 || dereferences)
            return {Location::Kind::kOther};
        return {Location::Kind::kPlace, {{*holder}, 0, true}};
    }
    return dereferences ? Location{Location::Kind::kOther} : whole_registers(operations);
}

Location location_at_entry(Dwarf_Die& function, Dwarf_Die& parameter, std::uint64_t address) {
    Dwarf_Attribute attribute;
    if (dwarf_attr_integrate(&parameter, DW_AT_location, &attribute) == nullptr) return {};
    const unsigned form = dwarf_whatform(&attribute);
    const bool everywhere = form == DW_FORM_exprloc || form == DW_FORM_block || form == DW_FORM_block1 ||
                            form == DW_FORM_block2 || form == DW_FORM_block4;
    Dwarf_Op* operations = nullptr;
    std::size_t count = 0;
    if (dwarf_getlocation_addr(&attribute, address, &operations, &count, 1) != 1) return {};
    return understand(function, {operations, count}, everywhere);
}

SourceLanguage language_of(Dwarf_Die& function) {
    Dwarf_Die unit;
    if (dwarf_diecu(&function, &unit, nullptr, nullptr) == nullptr) return SourceLanguage::kOther;
    return dwarf_srclang(&unit) == DW_LANG_Rust ? SourceLanguage::kRust : SourceLanguage::kOther;
}

Error unknown_place(const std::string& name, const std::string& why) {
    return {"find",
            name,
            "where its parameter " + name + " is at entry is not known: " + why,
            {},
            Error::Kind::kUsage};
}

Result<ParameterPlace> place_of(Dwarf_Die& function, Dwarf_Die& parameter, std::size_t index,
                                std::uint64_t address, const std::string& name, DieBudget& budget) {
    Location location = location_at_entry(function, parameter, address);
    if (location.kind == Location::Kind::kPlace) return std::move(location.place);
    if (location.kind != Location::Kind::kHome && !die_flag(function, DW_AT_external))
        return unknown_place(name, "it is optimised away, or the function's parameters were changed");
    const auto place = abi_place(function, index, language_of(function), budget);
    if (!place)
        return unknown_place(name, "its type, or an earlier parameter's, is passed in an unknown way");
    return *place;
}

}  // namespace

Result<Parameter> find_parameter(Dwarf_Die function, std::uint64_t address, const std::string& name,
                                 DieBudget& budget) {
    std::optional<Dwarf_Die> found;
    std::size_t index = 0;
    std::string names;
    for_each_child(function, budget, [&](Dwarf_Die& child) {
        if (dwarf_tag(&child) != DW_TAG_formal_parameter) return true;
        const std::string child_name = die_name(child);
        if (child_name == name) {
            found = child;
            return false;
        }
        if (names.size() < 200) names += (names.empty() ? "" : ", ") + child_name;
        ++index;
        return true;
    });
    if (!found) {
        return Error{"find",
                     name,
                     names.empty() ? "the function has no parameters"
                                   : "the function has no parameter " + name + "; it has " + names,
                     {},
                     Error::Kind::kUsage};
    }
    Result<ParameterPlace> place = place_of(function, *found, index, address, name, budget);
    if (!place) return place.error();
    return Parameter{*found, std::move(*place)};
}

}  // namespace flowtap
