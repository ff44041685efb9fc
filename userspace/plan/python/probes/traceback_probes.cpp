// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>
#include <optional>
#include <string>

#include "code/direct_calls.h"
#include "code/function/function_code.h"
#include "code/text_search.h"
#include "plan/python/probes/python_probes.h"
#include "plan/python/probes/site_probes.h"
#include "sites/local_site.h"

namespace flowtap {
namespace {

constexpr const char* kTracebackFunction = "PyTraceBack_Here";
constexpr const char* kTracebackProbe = "python:traceback";

// A site where an inlined copy has created its traceback object, which is in a register then.
std::optional<PlannedProbe> copy_probe(const Interpreter& interpreter, const WordStore& store) {
    const ElfFile& elf = interpreter.elf();
    const auto instruction = decode_instruction(elf, store.address);
    const auto site =
        instruction ? site_from(elf, instruction->next(), RegisterSet(store.base)) : std::nullopt;
    if (!site || !jumps_into(elf, {instruction->next(), site->site.address + 1}).empty()) return std::nullopt;
    return probe_at(interpreter, site->site, kTracebackProbe,
                    TracebackSite{site->holder, TracebackSite::Holds::kTraceback});
}

// A new traceback may have no line number yet: tb_lineno is -1 (tb_create_raw, Python/traceback.c;
// the offset: Include/cpython/traceback.h). Nothing but the copies of that function stores it so.
Result<std::vector<PlannedProbe>> inlined_copies(const Interpreter& interpreter, const FunctionCode& here) {
    constexpr int kLineNumber = 0x24;
    constexpr std::size_t kMostCopies = 32;
    std::vector<PlannedProbe> probes;
    for (const WordStore& store : word_stores_in_text(interpreter.elf(), kLineNumber, -1)) {
        if (here.at(store.address) != nullptr) continue;
        std::optional<PlannedProbe> probe = copy_probe(interpreter, store);
        if (!probe || probes.size() == kMostCopies)
            return site_error(kTracebackFunction, "a copy of it that is inlined elsewhere cannot be probed");
        probes.push_back(*std::move(probe));
    }
    return probes;
}

// Whether the interpreter's loop calls it, from its main part or from a part that was split off. In a
// stripped file, all split-off parts count as its own.
bool is_called_by_evaluator(const ElfFile& elf, std::uint64_t here) {
    constexpr const char* kLoop = "_PyEval_EvalFrameDefault";
    const auto evaluator = elf.find_symbol(kLoop);
    const std::vector<std::uint64_t> calls = direct_calls_of(elf, here);
    return evaluator && std::ranges::any_of(calls, [&](std::uint64_t call) {
               const auto piece = elf.piece_of(call);
               if (!piece) return false;
               if (piece->contains(evaluator->address)) return true;
               const std::string name = elf.symbol_at(piece->start);
               return !elf.starts_function(piece->start, true) &&
                      (name.empty() || name.find(kLoop) != std::string::npos);
           });
}

// A probe that only sees exceptions in unknown copies.
Result<std::vector<PlannedProbe>> no_copies(const Interpreter& interpreter, std::uint64_t here) {
    if (is_called_by_evaluator(interpreter.elf(), here)) return std::vector<PlannedProbe>();
    return site_error(kTracebackFunction,
                      "it is inlined into the interpreter's loop, where it was not found");
}

// Probes at its calls, which the kernel emulates: only those in the interpreter's loop matter, and the frame
// object is in a register there. Empty if the loop is not known to call it.
std::vector<PlannedProbe> call_probes(const Interpreter& interpreter, std::uint64_t here) {
    constexpr std::size_t kMost = 32;
    const std::vector<std::uint64_t> calls = direct_calls_of(interpreter.elf(), here);
    if (calls.size() > kMost || !is_called_by_evaluator(interpreter.elf(), here)) return {};
    std::vector<PlannedProbe> probes;
    for (std::uint64_t call : calls) {
        const Site site{call, SiteCost::kEmulated, std::nullopt,
                        "a call of " + std::string(kTracebackFunction)};
        probes.push_back(probe_at(interpreter, site, kTracebackProbe, TracebackSite{}));
    }
    return probes;
}

// At its entry, or at its calls if the entry would be expensive.
Result<std::vector<PlannedProbe>> function_probes(const Interpreter& interpreter, std::uint64_t here) {
    Result<PlannedProbe> entry =
        entry_probe(interpreter, here, kTracebackFunction, kTracebackProbe, TracebackSite{});
    if (!entry) return entry.error();
    if (entry->cost != SiteCost::kEmulated) {
        if (std::vector<PlannedProbe> calls = call_probes(interpreter, here); !calls.empty()) return calls;
    }
    return std::vector{*std::move(entry)};
}

}  // namespace

Result<std::vector<PlannedProbe>> traceback_probes(const Interpreter& interpreter) {
    const auto symbol = interpreter.elf().find_symbol(kTracebackFunction);
    if (!symbol) return site_error(kTracebackFunction, "the interpreter does not export it");
    Result<std::vector<PlannedProbe>> probes = function_probes(interpreter, symbol->address);
    if (!probes) return probes;
    Result<FunctionCode> code = FunctionCode::trace(interpreter.elf(), symbol->address);
    if (!code) return site_error(kTracebackFunction, code.error().message());
    Result<std::vector<PlannedProbe>> copies = interpreter.version().traceback_without_line
                                                   ? inlined_copies(interpreter, *code)
                                                   : no_copies(interpreter, symbol->address);
    if (copies) std::ranges::move(*probes, std::back_inserter(*copies));
    return copies;
}

}  // namespace flowtap
