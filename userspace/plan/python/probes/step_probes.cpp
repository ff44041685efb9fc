// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <string>

#include "code/direct_calls.h"
#include "code/function/function_code.h"
#include "code/operands.h"
#include "plan/python/probes/bound_methods.h"
#include "plan/python/probes/python_probes.h"
#include "plan/python/probes/site_probes.h"

namespace flowtap {
namespace {

constexpr const char* kEvaluator = "_PyEval_EvalFrameDefault";

// The sites after the evaluator's direct calls, and after the indirect ones beside them (PEP 523,
// interp->eval_frame), which perf's trampolines, compilers and debuggers may replace at any time. Inlined
// destructors and hooks are called indirectly too: their hits end nothing.
Result<std::vector<CallReturn>> after_evaluation(const ElfFile& elf, const FunctionCode& code,
                                                 std::uint64_t evaluator) {
    const auto direct = [&](const Instruction& call) {
        return call.flow == Flow::kCall && call.target && elf.resolve_call(*call.target) == evaluator;
    };
    const auto any = [&](const Instruction& call) { return direct(call) || may_call_slot(elf, code, call); };
    Result<std::vector<CallReturn>> narrow = sites_after_calls(code, direct, Argument0::kNeeded);
    Result<std::vector<CallReturn>> wide = sites_after_calls(code, any, Argument0::kNeeded);
    return wide ? std::move(wide) : std::move(narrow);
}

// Every function that evaluates the frame inside a generator: it calls the evaluator, takes the address of
// that frame and sets the generator's state. gen_send_ex2, and the copies of it that were inlined into its
// callers (PyIter_Send in Debian's 3.11).
std::vector<FunctionCode> evaluating_functions(const Interpreter& interpreter, std::uint64_t evaluator) {
    const ElfFile& elf = interpreter.elf();
    const ft_python& layout = interpreter.layout().bpf;
    std::set<std::uint64_t> starts;
    for (std::uint64_t call : direct_calls_of(elf, evaluator))
        if (const auto piece = elf.piece_of(call)) starts.insert(piece->start);
    std::vector<FunctionCode> found;
    for (std::uint64_t start : starts) {
        Result<FunctionCode> code = FunctionCode::trace(elf, start);
        if (code && takes_address_at(elf, *code, layout.generator_frame) &&
            !byte_stores_at(elf, *code, layout.generator_state).empty())
            found.push_back(std::move(*code));
    }
    return found;
}

// The functions through which a task steps its coroutine, if they evaluate its frame themselves: PyIter_Send,
// PyCoro_Type's am_send, or the function that it jumps to.
std::set<std::uint64_t> task_step_functions(const Interpreter& interpreter, const Memory& memory) {
    const ElfFile& elf = interpreter.elf();
    std::set<std::uint64_t> functions;
    if (const auto send = elf.find_symbol("PyIter_Send")) functions.insert(send->address);
    const auto am_send = type_slot(interpreter, memory, "PyCoro_Type", {kTypeAsAsync, kAsyncSend});
    if (!am_send) return functions;
    functions.insert(*am_send);
    if (Result<FunctionCode> code = FunctionCode::trace(elf, *am_send)) {
        for (const TailCall& tail : code->tail_calls())
            if (tail.target) functions.insert(*tail.target);
    }
    return functions;
}

// The entry and the exits of one function that evaluates a generator's frame.
Result<std::vector<PlannedProbe>> step_probes(const Interpreter& interpreter, const FunctionCode& code,
                                              std::uint64_t evaluator) {
    constexpr const char* kFunction = "gen_send_ex2";
    Result<PlannedProbe> entry =
        entry_probe(interpreter, code.entry(), kFunction, "python:step-entry", CoroutineEntry{});
    if (!entry) return entry.error();
    Result<std::vector<CallReturn>> returns = after_evaluation(interpreter.elf(), code, evaluator);
    if (!returns) return site_error(kFunction, returns.error().message());
    Result<std::vector<PlannedProbe>> probes =
        exit_probes(interpreter, *returns, kFunction, "python:step-exit", ReturnToC::From::kStep);
    if (probes) probes->push_back(std::move(*entry));
    return probes;
}

}  // namespace

Result<std::vector<PlannedProbe>> step_probes(const Interpreter& interpreter, const Memory& memory) {
    const auto evaluator = interpreter.elf().find_symbol(kEvaluator);
    if (!evaluator) return site_error(kEvaluator, "the interpreter does not export it");
    const std::set<std::uint64_t> senders = task_step_functions(interpreter, memory);
    // Coroutines have no tp_iternext: probes in that of generators would only make every loop over them
    // expensive.
    const std::uint64_t iternext = type_slot(interpreter, memory, "PyGen_Type", {kTypeIterNext}).value_or(0);
    const std::uint64_t closer = method_function(interpreter, memory, "PyCoro_Type", "close").value_or(0);
    std::vector<PlannedProbe> probes;
    bool covers_tasks = false;
    for (const FunctionCode& code : evaluating_functions(interpreter, evaluator->address)) {
        if (code.entry() == iternext) continue;
        Result<std::vector<PlannedProbe>> steps = step_probes(interpreter, code, evaluator->address);
        // A close never begins a coroutine, but the entry of a close with inlined gen_send_ex2 looks as if it
        // did.
        if (steps && code.entry() == closer) {
            std::erase_if(*steps, [](const PlannedProbe& probe) {
                return probe.program() == Program::kPythonStepEntry;
            });
        }
        const bool steps_tasks = senders.contains(code.entry());
        if (!steps && steps_tasks) return steps;
        if (!steps)
            continue;  // a copy that iterates over a generator it has found itself: no coroutine passes it
        covers_tasks = covers_tasks || steps_tasks;
        std::ranges::move(*steps, std::back_inserter(probes));
    }
    if (!covers_tasks)
        return site_error("PyIter_Send", "the function that steps a task's coroutine was not found");
    return probes;
}

}  // namespace flowtap
