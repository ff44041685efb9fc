// SPDX-License-Identifier: Apache-2.0
#include <dwarf.h>

#include <algorithm>

#include "arch/architecture.h"
#include "dwarf/calling_convention.h"

namespace flowtap {
namespace {

using Kind = PassedAs::Kind;

// Hands out registers and stack as the ABI does, one parameter after the other.
class Hand {
public:
    static constexpr std::uint8_t kNoGeneral = 0xff;

    explicit Hand(SourceLanguage language) : language_(language) {}

    // None for what has no place that can be told.
    std::optional<ParameterPlace> take(const PassedAs& passed) {
        switch (passed.kind) {
            case Kind::kNothing:
                return ParameterPlace{};
            case Kind::kMemory:
                return on_stack(passed.size);
            case Kind::kAddress: {
                auto place = in_registers({true}, 8);
                if (place) place->by_address = true;
                return place;
            }
            case Kind::kRegisters:
                return in_registers(passed.general, passed.size);
            case Kind::kUnknown:
                break;
        }
        return std::nullopt;
    }

private:
    std::optional<ParameterPlace> in_registers(const std::vector<bool>& general, std::uint64_t size) {
        const auto wanted = static_cast<std::size_t>(std::ranges::count(general, true));
        const std::size_t vectors = general.size() - wanted;
        if (general_ + wanted > arch::kArguments.size() || vector_ + vectors > arch::kVectorArguments) {
            // rustc's two arguments of one struct may part here.
            if (language_ == SourceLanguage::kRust && general.size() > 1) return std::nullopt;
            return on_stack(size);
        }
        ParameterPlace place;
        for (const bool is_general : general)
            place.registers.push_back(is_general ? number_of(arch::kArguments[general_++]) : kNoGeneral);
        vector_ += vectors;
        return place;
    }

    ParameterPlace on_stack(std::uint64_t size) {
        ParameterPlace place;
        place.stack_offset = arch::kReturnAddressSize + stack_;
        stack_ += static_cast<std::int64_t>((size + 7) / 8 * 8);
        return place;
    }

    SourceLanguage language_;
    std::size_t general_ = 0;
    std::size_t vector_ = 0;
    std::int64_t stack_ = 0;
};

// rustc returns whatever fits in two registers in them, of any type.
bool is_result_unknown(const PassedAs& result, SourceLanguage language) {
    return result.kind == Kind::kUnknown && (language != SourceLanguage::kRust || result.size == 0);
}

bool returns_through_memory(const PassedAs& result) {
    return result.kind == Kind::kMemory || result.kind == Kind::kAddress;
}

}  // namespace

std::optional<ParameterPlace> abi_place(Dwarf_Die& function, std::size_t index, SourceLanguage language,
                                        DieBudget& budget) {
    Hand hand(language);
    const PassedAs result = passed_as(die_type(function), language, budget);
    if (is_result_unknown(result, language)) return std::nullopt;
    if (returns_through_memory(result)) hand.take({Kind::kRegisters, {true}, 8});
    std::optional<ParameterPlace> place;
    std::size_t number = 0;
    for_each_child(function, budget, [&](Dwarf_Die& child) {
        if (dwarf_tag(&child) != DW_TAG_formal_parameter) return true;
        place = hand.take(passed_as(die_type(child), language, budget));
        return place.has_value() && number++ != index;
    });
    if (!place || number != index + 1) return std::nullopt;
    const auto is_vector = [](std::uint8_t number_of) { return number_of == Hand::kNoGeneral; };
    if (std::ranges::any_of(place->registers, is_vector) && place->registers.size() == 1) return std::nullopt;
    return place;
}

}  // namespace flowtap
