// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "dwarf/debug_info.h"
#include "dwarf/die.h"

namespace flowtap {

// Goes from a type to a value that can be an id. Steps are appended to the value's.
class ValueType {
public:
    ValueType(Dwarf* dwarf, DieBudget& budget, DebugValue& value)
        : dwarf_(dwarf), budget_(budget), value_(value) {}

    // To a member of the record here, through pointers, references and smart pointers. Errors: none of that
    // name, with the names there are.
    Result<Dwarf_Die> enter_member(Dwarf_Die type, const std::string& name);

    // Ends at an integer, an enumeration or a text. Errors: any other type, with what may be named instead.
    Result<void> finish(Dwarf_Die type);
    // Ends at an integer, or at what a pointer holds. Errors: any other type.
    Result<void> finish_key(Dwarf_Die type);

private:
    struct Member {
        Dwarf_Die type;
        std::int64_t offset;
    };

    Result<Dwarf_Die> record_at(Dwarf_Die type);
    std::optional<Member> find_member(Dwarf_Die& record, const std::string& name, int nesting = 0);
    std::optional<Dwarf_Die> smart_pointee(Dwarf_Die& record);
    void follow() { value_.steps.push_back({true, 0}); }
    std::string member_names(Dwarf_Die& record);

    bool finish_text(Dwarf_Die& record);
    bool finish_cxx_string(Dwarf_Die& record, const std::string& scope);
    bool finish_slice(Dwarf_Die& record, const char* pointer, const char* length);
    bool finish_rust_string(Dwarf_Die& record);
    std::optional<std::int64_t> first_pointer(Dwarf_Die record, int nesting);
    Result<void> finish_number(Dwarf_Die& type);
    void read_enumerators(Dwarf_Die& type);
    void end_as(DebugValue::Kind kind, std::string name);

    Dwarf* dwarf_;
    DieBudget& budget_;
    DebugValue& value_;
};

}  // namespace flowtap
