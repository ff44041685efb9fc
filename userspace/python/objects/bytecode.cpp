// SPDX-License-Identifier: Apache-2.0
#include "python/objects/bytecode.h"

#include <algorithm>
#include <span>
#include <vector>

namespace flowtap {
namespace {

constexpr std::uint64_t kVarObjectSize = 16;  // ob_size of a code object: its units of two bytes
constexpr std::uint64_t kMostUnits = 1 << 16;
constexpr std::uint64_t kMostPrologue = 512;  // units before RESUME: one for each cell

// Ignores 0, which pads the list.
bool is_in(std::span<const std::uint8_t> opcodes, std::uint8_t opcode) {
    return opcode != 0 && std::ranges::find(opcodes, opcode) != opcodes.end();
}

bool is_resume(const Opcodes& known, std::uint8_t opcode) {
    return opcode == known.resume || opcode == known.resume_instrumented || is_in(known.resume_run, opcode);
}

Error failure(const char* cause) { return {"read", "bytecode", cause}; }

// Index of RESUME; the number of bytes if there is none.
std::size_t find_resume(const Opcodes& known, std::span<const std::uint8_t> bytes, bool of_coroutine) {
    std::size_t at = 0;
    while (at < bytes.size() &&
           (is_in(known.prologue, bytes[at]) || (of_coroutine && is_in(known.coroutine, bytes[at])))) {
        at += 2;
    }
    return at < bytes.size() && is_resume(known, bytes[at]) ? at : bytes.size();
}

struct Bytecode {
    std::uint64_t address = 0;
    std::uint64_t size = 0;           // length in bytes
    std::vector<std::uint8_t> bytes;  // the first bytes
};

Result<Bytecode> read_bytecode(const Interpreter& interpreter, const Memory& memory, std::uint64_t code) {
    const auto count = memory.read<std::uint64_t>(code + kVarObjectSize);
    if (!count || *count == 0 || *count > kMostUnits) return failure("its bytecode was not found");
    Bytecode read{code + interpreter.layout().code_adaptive, 2 * *count, {}};
    read.bytes.resize(2 * std::min(*count, kMostPrologue));
    if (!memory.read(read.address, std::as_writable_bytes(std::span(read.bytes))))
        return failure("its bytecode cannot be read");
    return read;
}

// Index of a counter that every run of the function passes: the instructions before it neither jump nor are
// jumped to.
std::optional<std::size_t> find_counter(const Counters& known, std::span<const std::uint8_t> bytes,
                                        std::size_t at) {
    while (at + 3 < bytes.size() && is_in(known.plain, bytes[at])) at += 2;
    if (at + 3 >= bytes.size() || !is_in(known.counted, bytes[at])) return std::nullopt;
    return at + 2;
}

}  // namespace

Result<CallUnits> call_units(const Interpreter& interpreter, const Memory& memory, std::uint64_t code) {
    const Result<Bytecode> read = read_bytecode(interpreter, memory, code);
    if (!read) return read.error();
    const Opcodes& known = interpreter.version().opcodes;
    const std::size_t resume = find_resume(known, read->bytes, false);
    if (resume == read->bytes.size())
        return failure("its bytecode does not begin like that of a plain function");
    const std::size_t begin = resume + 2 * (1U + known.resume_caches);
    return CallUnits{read->address + begin, static_cast<std::uint32_t>(read->size - begin), known.returns};
}

bool RunMark::has_run(const Memory& memory) const {
    std::uint16_t found = 0;
    const auto bytes = std::as_writable_bytes(std::span(&found, 1)).first(size);
    if (!memory.read(address, bytes)) return false;
    const bool stands = found != 0 && std::ranges::find(values, found) != values.end();
    return stands != until_run;
}

std::optional<RunMark> run_mark(const Interpreter& interpreter, const Memory& memory, std::uint64_t code) {
    const PythonVersion& version = interpreter.version();
    if (version.run_sign == RunSign::kWarmupCount)
        return RunMark{code + interpreter.layout().code_warmup, 2, {kFirstWarmup}, true};
    const Result<Bytecode> read = read_bytecode(interpreter, memory, code);
    if (!read) return std::nullopt;
    const Opcodes& known = version.opcodes;
    const std::size_t resume = find_resume(known, read->bytes, true);
    if (resume == read->bytes.size() || read->bytes[resume] == known.resume_instrumented) return std::nullopt;
    if (version.run_sign == RunSign::kFirstCounter) {
        const auto counter = find_counter(version.counters, read->bytes, resume + 2);
        if (!counter) return std::nullopt;
        return RunMark{read->address + *counter, 2, {version.counters.fresh}, true};
    }
    const auto& [first, second, third] = known.resume_run;
    return RunMark{read->address + resume, 1, {first, second, third}, false};
}

}  // namespace flowtap
