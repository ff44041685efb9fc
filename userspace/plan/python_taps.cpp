// SPDX-License-Identifier: Apache-2.0
#include "plan/python_taps.h"

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <set>

#include "elf/direct_calls.h"
#include "elf/function_code.h"
#include "elf/site.h"
#include "elf/operands.h"

namespace flowtap {
namespace {

constexpr const char* kEvaluator = "_PyEval_EvalFrameDefault";

// Include/cpython/object.h: tp_iternext; tp_as_async, and am_send in it.
constexpr std::uint64_t kTypeIterNext = 224;
constexpr std::uint64_t kTypeAsAsync = 80;
constexpr std::uint64_t kAsyncSend = 24;
// offsetof(PyMethodObject, vectorcall), Include/cpython/classobject.h.
constexpr int kMethodVectorcall = 0x28;

Error tap_error(const std::string& function, std::string cause) {
    return {"find probe sites in", function, std::move(cause),
            "this build of CPython differs from those known; please report it", Error::Kind::kNoTarget};
}

PlannedProbe probe_at(const Interpreter& interpreter, const Site& site, std::string name, Program program) {
    PlannedProbe probe;
    probe.name = std::move(name);
    probe.program = program;
    probe.file = interpreter.elf_path();
    probe.file_offset = interpreter.elf().file_offset(site.address).value_or(0);
    probe.address = site.address + interpreter.load_bias();
    probe.cost = site.cost;
    probe.stack_adjust = site.stack_adjust.value_or(0);
    probe.why = site.reason;
    return probe;
}

Result<PlannedProbe> entry_probe(const Interpreter& interpreter, std::uint64_t function, const std::string& what,
                                 std::string name, Program program) {
    Result<FunctionCode> code = FunctionCode::trace(interpreter.elf(), function);
    if (!code) return tap_error(what, code.error().message());
    Result<Site> site = entry_site(*code, 1);
    if (!site) return tap_error(what, site.error().message());
    if (!site->stack_adjust) return tap_error(what, "the stack pointer at its entry site is not known");
    PlannedProbe probe = probe_at(interpreter, *site, std::move(name), program);
    probe.object_register = static_cast<std::uint8_t>(Register::kRdi);
    return probe;
}

Result<std::vector<PlannedProbe>> exit_probes(const Interpreter& interpreter,
                                              const std::vector<CallReturn>& returns, const std::string& what,
                                              const std::string& name, Program program) {
    std::vector<PlannedProbe> probes;
    for (const CallReturn& one : returns) {
        if (!one.site.stack_adjust) return tap_error(what, "the stack pointer at an exit site is not known");
        PlannedProbe probe = probe_at(interpreter, one.site, name, program);
        probe.result_register = static_cast<std::uint8_t>(one.result);
        if (!one.argument0.empty()) probe.object_register = static_cast<std::uint8_t>(one.argument0.front());
        probes.push_back(std::move(probe));
    }
    return probes;
}

// The calls in method_vectorcall that run the method: through the callee's vectorcall slot, or an outlined copy of
// _PyObject_VectorcallTstate, which is static and so has no name in a stripped file.
bool runs_the_method(const ElfFile& elf, const Instruction& call) {
    if (call.flow == Flow::kIndirectCall) return true;
    if (call.flow != Flow::kCall || !call.target || !elf.call_target_name(*call.target).empty()) return false;
    const std::string name = elf.symbol_at(*call.target);
    return name.empty() || name.find("VectorcallTstate") != std::string::npos;
}

std::size_t single_steps(const std::vector<CallReturn>& returns) {
    return static_cast<std::size_t>(std::ranges::count(
        returns, SiteCost::kSingleStep, [](const CallReturn& one) { return one.site.cost; }));
}

// After the evaluator's direct calls. The indirect call beside each (PEP 523, interp->eval_frame) usually joins it
// before the first cheap instruction; taking it in is then the cheaper choice.
Result<std::vector<CallReturn>> after_evaluation(const ElfFile& elf, const FunctionCode& code,
                                                 std::uint64_t evaluator) {
    const auto direct = [&](const Instruction& call) {
        return call.flow == Flow::kCall && call.target && elf.resolve_call(*call.target) == evaluator;
    };
    const auto any = [&](const Instruction& call) { return direct(call) || call.flow == Flow::kIndirectCall; };
    Result<std::vector<CallReturn>> narrow = sites_after_calls(code, direct, Argument0::kNeeded);
    Result<std::vector<CallReturn>> wide = sites_after_calls(code, any, Argument0::kNeeded);
    if (!narrow || (wide && single_steps(*wide) < single_steps(*narrow))) return wide;
    return narrow;
}

// Every function that evaluates the frame inside a generator: it calls the evaluator, takes the address of that frame
// and sets the generator's state. gen_send_ex2, and the copies of it that were inlined into its callers (PyIter_Send in Debian's 3.11).
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
            stores_byte_at(elf, *code, layout.generator_state))
            found.push_back(std::move(*code));
    }
    return found;
}

// Link-time address of the function in a type's slot, reached by these offsets one after the other.
std::optional<std::uint64_t> slot(const Interpreter& interpreter, const Memory& memory, const char* type,
                                  std::initializer_list<std::uint64_t> offsets) {
    std::optional<std::uint64_t> address = interpreter.address_of(type);
    for (std::uint64_t offset : offsets)
        if (address) address = memory.read<std::uint64_t>(*address + offset);
    if (!address || *address == 0) return std::nullopt;
    return *address - interpreter.load_bias();
}

// The functions through which a task steps its coroutine, if they evaluate its frame themselves: PyIter_Send,
// PyCoro_Type's am_send, or what that one jumps to.
std::set<std::uint64_t> task_step_functions(const Interpreter& interpreter, const Memory& memory) {
    const ElfFile& elf = interpreter.elf();
    std::set<std::uint64_t> functions;
    if (const auto send = elf.find_symbol("PyIter_Send")) functions.insert(send->address);
    const auto am_send = slot(interpreter, memory, "PyCoro_Type", {kTypeAsAsync, kAsyncSend});
    if (!am_send) return functions;
    functions.insert(*am_send);
    if (Result<FunctionCode> code = FunctionCode::trace(elf, *am_send))
        for (const TailCall& tail : code->tail_calls())
            if (tail.target) functions.insert(*tail.target);
    return functions;
}

// The entry and the exits of one function that evaluates a generator's frame.
Result<std::vector<PlannedProbe>> step_probes(const Interpreter& interpreter, const FunctionCode& code,
                                              std::uint64_t evaluator) {
    constexpr const char* kFunction = "gen_send_ex2";
    Result<PlannedProbe> entry =
        entry_probe(interpreter, code.entry(), kFunction, "python:step-entry", Program::kPythonStepEntry);
    if (!entry) return entry.error();
    Result<std::vector<CallReturn>> returns = after_evaluation(interpreter.elf(), code, evaluator);
    if (!returns) return tap_error(kFunction, returns.error().message());
    Result<std::vector<PlannedProbe>> probes =
        exit_probes(interpreter, *returns, kFunction, "python:step-exit", Program::kPythonStepExit);
    if (probes) probes->push_back(std::move(*entry));
    return probes;
}

}  // namespace

Result<std::vector<PlannedProbe>> step_taps(const Interpreter& interpreter, const Memory& memory) {
    const auto evaluator = interpreter.elf().find_symbol(kEvaluator);
    if (!evaluator) return tap_error(kEvaluator, "the interpreter does not export it");
    const std::set<std::uint64_t> senders = task_step_functions(interpreter, memory);
    // Coroutines have no tp_iternext: probes in the generators' one would only make every loop over them dear.
    const std::uint64_t iternext = slot(interpreter, memory, "PyGen_Type", {kTypeIterNext}).value_or(0);
    std::vector<PlannedProbe> probes;
    bool covers_tasks = false;
    for (const FunctionCode& code : evaluating_functions(interpreter, evaluator->address)) {
        if (code.entry() == iternext) continue;
        Result<std::vector<PlannedProbe>> steps = step_probes(interpreter, code, evaluator->address);
        const bool steps_tasks = senders.contains(code.entry());
        if (!steps && steps_tasks) return steps;
        if (!steps) continue;  // a copy that iterates over a generator of its own finding: no coroutine passes it
        covers_tasks = covers_tasks || steps_tasks;
        std::ranges::move(*steps, std::back_inserter(probes));
    }
    if (!covers_tasks) return tap_error("PyIter_Send", "the function that steps a task's coroutine was not found");
    return probes;
}

Result<std::vector<PlannedProbe>> call_taps(const Interpreter& interpreter) {
    const ElfFile& elf = interpreter.elf();
    const auto constructor = elf.find_symbol("PyMethod_New");
    if (!constructor) return tap_error("PyMethod_New", "the interpreter does not export it");
    Result<FunctionCode> constructor_code = FunctionCode::trace(elf, constructor->address);
    if (!constructor_code) return constructor_code.error();
    const std::vector<std::uint64_t> stored = code_stored_at(elf, *constructor_code, kMethodVectorcall);
    if (stored.size() != 1)
        return tap_error("PyMethod_New", "expected one function stored into the object, found " +
                                             std::to_string(stored.size()));
    const std::uint64_t vectorcall = elf.resolve_call(stored.front()).value_or(stored.front());
    Result<PlannedProbe> entry = entry_probe(interpreter, vectorcall, "method_vectorcall", "python:call-entry",
                                             Program::kPythonCallEntry);
    if (!entry) return entry.error();
    Result<FunctionCode> code = FunctionCode::trace(elf, vectorcall);
    if (!code) return code.error();
    Result<std::vector<CallReturn>> returns =
        sites_after_calls(*code, [&](const Instruction& call) { return runs_the_method(elf, call); });
    if (!returns) return tap_error("method_vectorcall", returns.error().message());
    Result<std::vector<PlannedProbe>> exits =
        exit_probes(interpreter, *returns, "method_vectorcall", "python:call-exit", Program::kPythonCallExit);
    if (!exits) return exits;
    exits->insert(exits->begin(), std::move(*entry));
    return exits;
}

}  // namespace flowtap
