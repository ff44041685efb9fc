// SPDX-License-Identifier: Apache-2.0
// Debug information entries, read with care: whatever refers to another entry may form a cycle.
#pragma once

#include <elfutils/libdw.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace flowtap {

// How many more entries may be read, over all walks for one question.
class DieBudget {
public:
    static constexpr std::size_t kEntries = 20'000'000;
    explicit DieBudget(std::size_t entries = kEntries) : left_(entries) {}
    // False once it is spent.
    bool spend() { return left_ > 0 && left_-- > 0; }
    [[nodiscard]] bool is_spent() const { return left_ == 0; }

private:
    std::size_t left_;
};

// Its own DW_AT_name, or that of the entry it completes; empty if it has none. Cleaned: printable ASCII.
std::string die_name(Dwarf_Die& die);

std::optional<std::uint64_t> die_number(Dwarf_Die& die, unsigned attribute);
bool die_flag(Dwarf_Die& die, unsigned attribute);
// What its DW_AT_type refers to.
std::optional<Dwarf_Die> die_type(Dwarf_Die& die);
// The type without typedefs and qualifiers; none for void, and for chains longer than any program's.
std::optional<Dwarf_Die> bare_type(Dwarf_Die type);
std::optional<Dwarf_Die> bare_type_of(Dwarf_Die& die);

bool is_record(Dwarf_Die& type);   // struct, class, union
bool is_pointer(Dwarf_Die& type);  // or reference
bool is_declaration(Dwarf_Die& type);

// Bytes from the start of the record; none where only running code could tell (a virtual base).
std::optional<std::int64_t> member_offset(Dwarf_Die& member);

// Calls back for each child until it returns false.
void for_each_child(Dwarf_Die& parent, DieBudget& budget, const std::function<bool(Dwarf_Die&)>& visit);

}  // namespace flowtap
