// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include "elf/direct_calls.h"
#include "elf/function_code.h"
#include "elf/local_site.h"
#include "elf/text_search.h"
#include "plan/python_taps.h"
#include "plan/tap_probe.h"

namespace flowtap {
namespace {

constexpr const char* kFunction = "PyTraceBack_Here";
constexpr const char* kName = "python:traceback";

// Where a copy of it that is inlined elsewhere has made its traceback object, which then is in a register.
std::optional<PlannedProbe> copy_probe(const Interpreter& interpreter, const WordStore& store) {
    const ElfFile& elf = interpreter.elf();
    const auto instruction = decode_instruction(elf, store.address);
    const auto site =
        instruction ? site_from(elf, instruction->next(), RegisterSet(store.base)) : std::nullopt;
    if (!site || !jumps_into(elf, {instruction->next(), site->site.address + 1}).empty()) return std::nullopt;
    PlannedProbe probe = probe_at(interpreter, site->site, kName, Program::kPythonTraceback);
    probe.result_register = static_cast<std::uint8_t>(site->holder);
    return probe;
}

// From 3.12 on a new traceback has no line number yet: tb_lineno is -1 (tb_create_raw, Python/traceback.c;
// the offset: Include/cpython/traceback.h). Nothing but the copies of that function stores it so.
Result<std::vector<PlannedProbe>> inlined_copies(const Interpreter& interpreter, const FunctionCode& here) {
    constexpr int kLineNumber = 0x24;
    constexpr std::size_t kMostCopies = 32;
    std::vector<PlannedProbe> probes;
    for (const WordStore& store : word_stores_in_text(interpreter.elf(), kLineNumber, -1)) {
        if (here.at(store.address) != nullptr) continue;
        std::optional<PlannedProbe> probe = copy_probe(interpreter, store);
        if (!probe || probes.size() == kMostCopies)
            return tap_error(kFunction, "a copy of it that is inlined elsewhere cannot be probed");
        probes.push_back(*std::move(probe));
    }
    return probes;
}

}  // namespace

Result<std::vector<PlannedProbe>> traceback_tap(const Interpreter& interpreter) {
    const auto symbol = interpreter.elf().find_symbol(kFunction);
    if (!symbol) return tap_error(kFunction, "the interpreter does not export it");
    Result<PlannedProbe> entry =
        entry_probe(interpreter, symbol->address, kFunction, kName, Program::kPythonTraceback);
    if (!entry) return entry.error();
    Result<FunctionCode> code = FunctionCode::trace(interpreter.elf(), symbol->address);
    if (!code) return tap_error(kFunction, code.error().message());
    constexpr unsigned kWithoutLineNumber = 12;
    Result<std::vector<PlannedProbe>> probes = interpreter.version().minor >= kWithoutLineNumber
                                                   ? inlined_copies(interpreter, *code)
                                                   : std::vector<PlannedProbe>();
    if (probes) probes->push_back(*std::move(entry));
    return probes;
}

}  // namespace flowtap
