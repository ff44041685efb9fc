// SPDX-License-Identifier: Apache-2.0
// What a binary's debug information (DWARF) says about a function's parameters.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace flowtap {

// If `follow`, to what the pointer here points to; then this many bytes further.
struct DebugStep {
    bool follow = false;
    std::int64_t move = 0;
};

// Where a value is when its function is entered, and its kind.
struct DebugValue {
    enum class Kind : std::uint8_t {
        kNumber,     // of `size` bytes
        kCString,    // a pointer to bytes that end in a zero byte
        kCharArray,  // such bytes themselves, at most `size`
        kSlice,      // a pointer to bytes and how many, `pointer_offset` and `length_offset` bytes from here
        kLibcxxString,
    };

    // The parameter: in these registers, by hardware number, 8 bytes in each; if none, in memory so far above
    // the stack pointer. From there the steps lead to the value.
    std::vector<std::uint8_t> registers;
    std::int64_t stack_offset = 0;
    std::vector<DebugStep> steps;

    Kind kind = Kind::kNumber;
    unsigned size = 0;
    bool is_signed = false;
    unsigned pointer_offset = 0;
    unsigned length_offset = 0;
    std::string type_name;
    std::map<std::int64_t, std::string> enumerators;
};

// What a value is used for. An id is a number or a text, and pointers to it are followed. A key only has to
// be unique: a number, or the address in a pointer.
enum class DebugUse : std::uint8_t { kId, kKey };

// Debug information is untrusted: every walk through it is bounded, and contradictions are Errors. Files that
// it names (.dwo) are never opened.
class DebugInfo {
public:
    // Of an ELF file with debug sections; `path` is for messages. `alternate`: the file that dwz moved what
    // several files share to, if there is one. Errors (kNoTarget): none there, or too much of it.
    static Result<DebugInfo> read(Fd file, std::string path, Fd alternate = Fd());

    DebugInfo(DebugInfo&&) noexcept;
    DebugInfo& operator=(DebugInfo&&) noexcept;
    ~DebugInfo();

    [[nodiscard]] const std::string& path() const;

    // A parameter of the function that starts at this address (as linked), and members from it; pointers,
    // references and smart pointers on the way are followed. Errors (kUsage): what is not there, with the
    // names that are; a type that is no id; a place that is not known.
    [[nodiscard]] Result<DebugValue> find_value(std::uint64_t function, const std::string& parameter,
                                                const std::vector<std::string>& members,
                                                DebugUse use = DebugUse::kId) const;

private:
    struct Contents;
    explicit DebugInfo(std::unique_ptr<Contents> contents);

    std::unique_ptr<Contents> contents_;
};

}  // namespace flowtap
