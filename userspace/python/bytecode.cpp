// SPDX-License-Identifier: Apache-2.0
#include "python/bytecode.h"

#include <algorithm>
#include <initializer_list>
#include <span>
#include <vector>

namespace flowtap {
namespace {

constexpr std::uint64_t kVarObjectSize = 16;  // ob_size of a code object: its units of two bytes
constexpr std::uint64_t kMostUnits = 1 << 16;
constexpr std::uint64_t kMostPrologue = 512;  // units before RESUME: one for each cell

// Lib/opcode.py, Lib/_opcode_metadata.py.
struct Opcodes {
    std::array<std::uint8_t, 3> resume;  // RESUME, and what the interpreter puts in its place
    ReturnOpcodes returns;  // RETURN_VALUE, RETURN_CONST, and what sys.monitoring puts in their place
    // MAKE_CELL, COPY_FREE_VARS, EXTENDED_ARG: what may stand before RESUME. None has a cache.
    std::array<std::uint8_t, 3> prologue;
};

constexpr std::array<Opcodes, kNewestPythonMinor - kOldestPythonMinor + 1> kOpcodes = {{
    {{151, 150, 151}, {83}, {135, 149, 144}},
    {{151, 240, 151}, {83, 121, 242, 247}, {135, 149, 144}},
    {{149, 207, 236}, {36, 103, 239, 240}, {94, 62, 71}},
    {{128, 196, 245}, {35, 246}, {97, 60, 69}},
}};

bool is_in(std::span<const std::uint8_t> opcodes, std::uint8_t opcode) {
    return std::ranges::find(opcodes, opcode) != opcodes.end();
}

Error failure(const char* cause) { return {"read bytecode", "", cause}; }

// Index of RESUME; the number of bytes, where it does not come.
std::size_t find_resume(const Opcodes& known, std::span<const std::uint8_t> bytes) {
    std::size_t at = 0;
    while (at < bytes.size() && is_in(known.prologue, bytes[at])) at += 2;
    return at < bytes.size() && is_in(known.resume, bytes[at]) ? at : bytes.size();
}

}  // namespace

Result<CallUnits> call_units(const Interpreter& interpreter, const Memory& memory, std::uint64_t code) {
    const auto count = memory.read<std::uint64_t>(code + kVarObjectSize);
    if (!count || *count == 0 || *count > kMostUnits) return failure("there is none");
    std::vector<std::uint8_t> bytes(2 * std::min(*count, kMostPrologue));
    const std::uint64_t address = code + interpreter.layout().code_adaptive;
    if (!memory.read(address, std::as_writable_bytes(std::span(bytes)))) return failure("it cannot be read");
    const Opcodes& known = kOpcodes[interpreter.version().minor - kOldestPythonMinor];
    const std::size_t resume = find_resume(known, bytes);
    if (resume == bytes.size()) return failure("it does not begin as that of a plain function does");
    const std::size_t begin = resume + 2;
    return CallUnits{address + begin, static_cast<std::uint32_t>(2 * *count - begin), known.returns};
}

}  // namespace flowtap
