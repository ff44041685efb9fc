// SPDX-License-Identifier: Apache-2.0
#include "dwarf/die_search.h"

#include <dwarf.h>

#include <vector>

namespace flowtap {
namespace {

constexpr std::size_t kMaxDepth = 64;

// Goes through a tree without recursion, because the file determines its depth.
class Walk {
public:
    Walk(Dwarf_Die root, DieBudget& budget) : budget_(budget) { path_.push_back(root); }

    // The next entry in order, its children only where the last one was to be `entered`. False at the end.
    bool next(bool entered) {
        if (!budget_.spend()) return false;
        Dwarf_Die child;
        if (entered && path_.size() < kMaxDepth && dwarf_child(&path_.back(), &child) == 0) {
            path_.push_back(child);
            return true;
        }
        while (path_.size() > 1) {
            Dwarf_Die& last = path_.back();
            if (dwarf_siblingof(&last, &last) == 0) return true;
            path_.pop_back();
        }
        return false;
    }

    Dwarf_Die& current() { return path_.back(); }
    // From the root to the current entry.
    std::vector<Dwarf_Die>& path() { return path_; }

private:
    DieBudget& budget_;
    std::vector<Dwarf_Die> path_;
};

// Calls back with each unit's root until it returns true.
template <typename Visit>
bool any_unit(Dwarf* dwarf, const Visit& visit) {
    Dwarf_CU* unit = nullptr;
    Dwarf_Die root;
    while (dwarf_get_units(dwarf, unit, &unit, nullptr, nullptr, &root, nullptr) == 0)
        if (visit(root)) return true;
    return false;
}

bool is_namespace(Dwarf_Die& die) {
    const int tag = dwarf_tag(&die);
    return tag == DW_TAG_namespace || tag == DW_TAG_compile_unit || tag == DW_TAG_partial_unit ||
           tag == DW_TAG_type_unit || tag == DW_TAG_module;
}

// A function in several pieces has ranges, of which its entry begins one.
bool starts_at(Dwarf_Die& function, Dwarf_Addr address) {
    constexpr int kMaxRanges = 1024;
    Dwarf_Addr base = 0;
    Dwarf_Addr start = 0;
    Dwarf_Addr end = 0;
    std::ptrdiff_t next = 0;
    for (int i = 0; i < kMaxRanges; ++i) {
        next = dwarf_ranges(&function, next, &base, &start, &end);
        if (next <= 0) return false;
        if (start == address) return true;
    }
    return false;
}

std::string scope_text(std::vector<Dwarf_Die>& path) {
    std::string text;
    for (std::size_t i = 1; i + 1 < path.size(); ++i) {
        const std::string name = die_name(path[i]);
        text += (text.empty() ? "" : "::") + (name.empty() ? "(anonymous)" : name);
    }
    return text;
}

}  // namespace

std::optional<Dwarf_Die> find_function_die(Dwarf* dwarf, std::uint64_t address, DieBudget& budget) {
    std::optional<Dwarf_Die> found;
    any_unit(dwarf, [&](Dwarf_Die& root) {
        if (dwarf_haspc(&root, address) != 1) return budget.is_spent();
        Walk walk(root, budget);
        while (walk.next(true)) {
            if (dwarf_tag(&walk.current()) != DW_TAG_subprogram || !starts_at(walk.current(), address))
                continue;
            found = walk.current();
            return true;
        }
        return budget.is_spent();
    });
    return found;
}

bool has_split_units(Dwarf* dwarf) {
    return any_unit(dwarf, [](Dwarf_Die& root) {
        return dwarf_tag(&root) == DW_TAG_skeleton_unit || dwarf_hasattr(&root, DW_AT_GNU_dwo_name) != 0 ||
               dwarf_hasattr(&root, DW_AT_dwo_name) != 0;
    });
}

std::string scope_of(Dwarf_Die& type, DieBudget& budget) {
    Dwarf_Die root;
    if (dwarf_diecu(&type, &root, nullptr, nullptr) == nullptr) return {};
    Walk walk(root, budget);
    bool enter = true;
    while (walk.next(enter)) {
        if (dwarf_dieoffset(&walk.current()) == dwarf_dieoffset(&type)) return scope_text(walk.path());
        enter = is_namespace(walk.current()) || is_record(walk.current());
    }
    return {};
}

std::optional<Dwarf_Die> definition_of(Dwarf* dwarf, Dwarf_Die record, DieBudget& budget) {
    if (!is_declaration(record)) return record;
    const std::string name = die_name(record);
    const std::string scope = scope_of(record, budget);
    const int tag = dwarf_tag(&record);
    std::optional<Dwarf_Die> found;
    any_unit(dwarf, [&](Dwarf_Die& root) {
        Walk walk(root, budget);
        bool enter = true;
        while (walk.next(enter)) {
            Dwarf_Die& die = walk.current();
            enter = is_namespace(die) || is_record(die);
            const bool is_union = dwarf_tag(&die) == DW_TAG_union_type;
            if (!is_record(die) || is_union != (tag == DW_TAG_union_type) || is_declaration(die)) continue;
            if (die_name(die) != name || scope_text(walk.path()) != scope) continue;
            found = die;
            return true;
        }
        return budget.is_spent();
    });
    return found;
}

}  // namespace flowtap
