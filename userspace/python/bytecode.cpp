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
    std::array<std::uint8_t, 2> coroutine;  // RETURN_GENERATOR, POP_TOP: as well, in a coroutine
};

constexpr std::array<Opcodes, kNewestPythonMinor - kOldestPythonMinor + 1> kOpcodes = {{
    {{151, 150, 151}, {83}, {135, 149, 144}, {75, 1}},
    {{151, 240, 151}, {83, 121, 242, 247}, {135, 149, 144}, {75, 1}},
    {{149, 207, 236}, {36, 103, 239, 240}, {94, 62, 71}, {35, 32}},
    {{128, 196, 245}, {35, 246}, {97, 60, 69}, {34, 31}},
}};

bool is_in(std::span<const std::uint8_t> opcodes, std::uint8_t opcode) {
    return std::ranges::find(opcodes, opcode) != opcodes.end();
}

Error failure(const char* cause) { return {"read bytecode", "", cause}; }

// Index of RESUME; the number of bytes, where it does not come.
std::size_t find_resume(const Opcodes& known, std::span<const std::uint8_t> bytes, bool of_coroutine) {
    std::size_t at = 0;
    while (at < bytes.size() &&
           (is_in(known.prologue, bytes[at]) || (of_coroutine && is_in(known.coroutine, bytes[at])))) {
        at += 2;
    }
    return at < bytes.size() && is_in(known.resume, bytes[at]) ? at : bytes.size();
}

struct Bytecode {
    std::uint64_t address = 0;
    std::uint64_t size = 0;           // bytes
    std::vector<std::uint8_t> bytes;  // the first of them
};

Result<Bytecode> read_bytecode(const Interpreter& interpreter, const Memory& memory, std::uint64_t code) {
    const auto count = memory.read<std::uint64_t>(code + kVarObjectSize);
    if (!count || *count == 0 || *count > kMostUnits) return failure("there is none");
    Bytecode read{code + interpreter.layout().code_adaptive, 2 * *count, {}};
    read.bytes.resize(2 * std::min(*count, kMostPrologue));
    if (!memory.read(read.address, std::as_writable_bytes(std::span(read.bytes))))
        return failure("it cannot be read");
    return read;
}

const Opcodes& opcodes_of(const Interpreter& interpreter) {
    return kOpcodes[interpreter.version().minor - kOldestPythonMinor];
}

}  // namespace

Result<CallUnits> call_units(const Interpreter& interpreter, const Memory& memory, std::uint64_t code) {
    const Result<Bytecode> read = read_bytecode(interpreter, memory, code);
    if (!read) return read.error();
    const Opcodes& known = opcodes_of(interpreter);
    const std::size_t resume = find_resume(known, read->bytes, false);
    if (resume == read->bytes.size()) return failure("it does not begin as that of a plain function does");
    const std::size_t begin = resume + 2;
    return CallUnits{read->address + begin, static_cast<std::uint32_t>(read->size - begin), known.returns};
}

bool RunMark::has_run(const Memory& memory) const {
    std::uint16_t found = 0;
    const auto bytes = std::as_writable_bytes(std::span(&found, 1)).first(size);
    return memory.read(address, bytes) && (found == value) != until_run;
}

// 3.11 counts the first calls in co_warmup, from -8 on (Include/internal/pycore_code.h). From 3.13 on RESUME
// turns into RESUME_CHECK when it is first executed (Python/bytecodes.c).
std::optional<RunMark> run_mark(const Interpreter& interpreter, const Memory& memory, std::uint64_t code) {
    const unsigned minor = interpreter.version().minor;
    if (minor == 11) return RunMark{code + interpreter.layout().code_flags + 4, 2, 0xfff8, true};
    const Result<Bytecode> read = read_bytecode(interpreter, memory, code);
    if (minor < 13 || !read) return std::nullopt;
    const auto& [plain, checked, instrumented] = opcodes_of(interpreter).resume;
    const std::size_t resume = find_resume(opcodes_of(interpreter), read->bytes, true);
    if (resume == read->bytes.size() || read->bytes[resume] == instrumented) return std::nullopt;
    return RunMark{read->address + resume, 1, checked, false};
}

}  // namespace flowtap
