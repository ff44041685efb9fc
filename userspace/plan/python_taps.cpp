// SPDX-License-Identifier: Apache-2.0
#include "plan/python_taps.h"

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <set>

#include "elf/direct_calls.h"
#include "elf/function_code.h"
#include "elf/local_site.h"
#include "elf/operands.h"
#include "elf/site.h"

namespace flowtap {
namespace {

constexpr const char* kEvaluator = "_PyEval_EvalFrameDefault";

// Include/cpython/object.h: tp_dealloc; tp_iternext; tp_as_async, and am_send in it.
constexpr std::uint64_t kTypeDealloc = 48;
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

Result<PlannedProbe> entry_probe(const Interpreter& interpreter, std::uint64_t function,
                                 const std::string& what, std::string name, Program program) {
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

bool is_indirect_call(const Instruction& instruction) { return instruction.flow == Flow::kIndirectCall; }

// An outlined copy of _PyObject_VectorcallTstate: static, so without a name in a stripped file, but it calls through
// the callee's vectorcall slot, as no other helper of its callers does.
bool is_outlined_vectorcall(const ElfFile& elf, const Instruction& call) {
    if (call.flow != Flow::kCall || !call.target || !elf.call_target_name(*call.target).empty()) return false;
    const std::string name = elf.symbol_at(*call.target);
    if (!name.empty()) return name.find("VectorcallTstate") != std::string::npos;
    Result<FunctionCode> callee = FunctionCode::trace(elf, *call.target);
    return callee && std::ranges::any_of(callee->nodes(), [](const auto& entry) {
               return is_indirect_call(entry.second.instruction);
           });
}

// The calls that run the method: through the function's vectorcall slot, here or in an outlined copy.
Result<std::vector<CallReturn>> after_method_calls(const ElfFile& elf, const FunctionCode& code) {
    return sites_after_calls(code, [&](const Instruction& call) {
        return is_indirect_call(call) || is_outlined_vectorcall(elf, call);
    });
}

std::size_t single_steps(const std::vector<CallReturn>& returns) {
    return static_cast<std::size_t>(std::ranges::count(returns, SiteCost::kSingleStep,
                                                       [](const CallReturn& one) { return one.site.cost; }));
}

// After the evaluator's direct calls. The indirect call beside each (PEP 523, interp->eval_frame) usually
// joins it before the first cheap instruction; taking it in is then the cheaper choice.
Result<std::vector<CallReturn>> after_evaluation(const ElfFile& elf, const FunctionCode& code,
                                                 std::uint64_t evaluator) {
    const auto direct = [&](const Instruction& call) {
        return call.flow == Flow::kCall && call.target && elf.resolve_call(*call.target) == evaluator;
    };
    const auto any = [&](const Instruction& call) {
        return direct(call) || call.flow == Flow::kIndirectCall;
    };
    Result<std::vector<CallReturn>> narrow = sites_after_calls(code, direct, Argument0::kNeeded);
    Result<std::vector<CallReturn>> wide = sites_after_calls(code, any, Argument0::kNeeded);
    if (!narrow || (wide && single_steps(*wide) < single_steps(*narrow))) return wide;
    return narrow;
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
        entry_probe(interpreter, code.entry(), kFunction, "python:step-entry", Program::kPythonStepEntry);
    if (!entry) return entry.error();
    Result<std::vector<CallReturn>> returns = after_evaluation(interpreter.elf(), code, evaluator);
    if (!returns) return tap_error(kFunction, returns.error().message());
    Result<std::vector<PlannedProbe>> probes =
        exit_probes(interpreter, *returns, kFunction, "python:step-exit", Program::kPythonStepExit);
    if (probes) probes->push_back(std::move(*entry));
    return probes;
}

// How a C function that calls a bound method takes it.
struct MethodArguments {
    const char* function;      // its name, for messages
    unsigned count;            // arguments that must be intact at the entry site
    std::uint8_t object;       // register with the bound method, or with self
    std::uint8_t method_function;  // register with the function, or FT_NO_REGISTER
};
constexpr MethodArguments kBoundMethod{"method_vectorcall", 1, static_cast<std::uint8_t>(Register::kRdi),
                                       FT_NO_REGISTER};
// _PyObject_VectorcallPrepend(tstate, function, self, args, nargsf, kwnames), Objects/call.c of 3.14.
constexpr MethodArguments kFunctionAndSelf{"_PyObject_VectorcallPrepend", 3,
                                           static_cast<std::uint8_t>(Register::kRdx),
                                           static_cast<std::uint8_t>(Register::kRsi)};

Result<std::vector<PlannedProbe>> call_probes(const Interpreter& interpreter, std::uint64_t address,
                                              const MethodArguments& arguments) {
    const ElfFile& elf = interpreter.elf();
    Result<FunctionCode> code = FunctionCode::trace(elf, address);
    if (!code) return tap_error(arguments.function, code.error().message());
    Result<Site> site = entry_site(*code, arguments.count);
    if (!site) return tap_error(arguments.function, site.error().message());
    if (!site->stack_adjust) return tap_error(arguments.function, "the stack pointer at its entry site is not known");
    Result<std::vector<CallReturn>> returns = after_method_calls(elf, *code);
    if (!returns) return tap_error(arguments.function, returns.error().message());
    Result<std::vector<PlannedProbe>> probes = exit_probes(interpreter, *returns, arguments.function,
                                                           "python:call-exit", Program::kPythonCallExit);
    if (!probes) return probes;
    PlannedProbe entry = probe_at(interpreter, *site, "python:call-entry", Program::kPythonCallEntry);
    entry.object_register = arguments.object;
    entry.function_register = arguments.method_function;
    probes->push_back(std::move(entry));
    return probes;
}

// The first direct call on the way on from an instruction, if one comes before anything but straight code and jumps.
std::optional<std::uint64_t> next_direct_call(const ElfFile& elf, const FunctionCode& code, std::uint64_t from) {
    constexpr int kFarthest = 24;
    const FunctionCode::Node* node = code.at(from);
    for (int i = 0; node != nullptr && i < kFarthest; i++) {
        const Instruction& instruction = node->instruction;
        if (instruction.flow == Flow::kCall && instruction.target) return elf.resolve_call(*instruction.target);
        if (instruction.is_call() || instruction.flow == Flow::kConditional) return std::nullopt;
        node = node->successors.size() == 1 ? code.at(node->successors.front()) : nullptr;
    }
    return std::nullopt;
}

// Profile-guided builds of 3.14 compare a callee with method_vectorcall and, where it is, call what that one wraps:
// the function called right after "cmp $method_vectorcall, reg; jne".
std::set<std::uint64_t> inlined_vectorcalls(const ElfFile& elf, std::uint64_t vectorcall) {
    std::set<std::uint64_t> found;
    for (std::uint64_t compare : comparisons_with(elf, vectorcall)) {
        const auto piece = elf.piece_of(compare);
        if (!piece) continue;
        Result<FunctionCode> code = FunctionCode::trace(elf, piece->start);
        const FunctionCode::Node* node = code ? code->at(compare) : nullptr;
        if (node == nullptr || node->successors.size() != 1) continue;
        const FunctionCode::Node* branch = code->at(node->successors.front());
        if (branch == nullptr || branch->instruction.flow != Flow::kConditional) continue;
        for (std::uint64_t way : branch->successors) {
            const auto callee = next_direct_call(elf, *code, way);
            if (callee && *callee != vectorcall) found.insert(*callee);
        }
    }
    return found;
}

}  // namespace

Result<std::vector<PlannedProbe>> step_taps(const Interpreter& interpreter, const Memory& memory) {
    const auto evaluator = interpreter.elf().find_symbol(kEvaluator);
    if (!evaluator) return tap_error(kEvaluator, "the interpreter does not export it");
    const std::set<std::uint64_t> senders = task_step_functions(interpreter, memory);
    // Coroutines have no tp_iternext: probes in the generators' one would only make every loop over them
    // dear.
    const std::uint64_t iternext = slot(interpreter, memory, "PyGen_Type", {kTypeIterNext}).value_or(0);
    std::vector<PlannedProbe> probes;
    bool covers_tasks = false;
    for (const FunctionCode& code : evaluating_functions(interpreter, evaluator->address)) {
        if (code.entry() == iternext) continue;
        Result<std::vector<PlannedProbe>> steps = step_probes(interpreter, code, evaluator->address);
        const bool steps_tasks = senders.contains(code.entry());
        if (!steps && steps_tasks) return steps;
        if (!steps)
            continue;  // a copy that iterates over a generator of its own finding: no coroutine passes it
        covers_tasks = covers_tasks || steps_tasks;
        std::ranges::move(*steps, std::back_inserter(probes));
    }
    if (!covers_tasks)
        return tap_error("PyIter_Send", "the function that steps a task's coroutine was not found");
    return probes;
}

Result<std::vector<PlannedProbe>> birth_taps(const Interpreter& interpreter) {
    const ElfFile& elf = interpreter.elf();
    const auto maker = elf.find_symbol("_Py_MakeCoro");
    if (!maker) return tap_error("_Py_MakeCoro", "this build of the interpreter has no symbol for it");
    std::vector<PlannedProbe> probes;
    for (std::uint64_t call : direct_calls_of(elf, maker->address)) {
        const std::optional<LocalSite> site = site_after_call(elf, call);
        if (!site) return tap_error("_Py_MakeCoro", "no instruction after a call of it has its result at hand");
        PlannedProbe probe = probe_at(interpreter, site->site, "python:birth", Program::kPythonBirth);
        probe.result_register = static_cast<std::uint8_t>(site->holder);
        probes.push_back(std::move(probe));
    }
    if (probes.empty()) return tap_error("_Py_MakeCoro", "no call of it was found");
    return probes;
}

Result<std::vector<PlannedProbe>> completion_tap(const Interpreter& interpreter) {
    constexpr std::uint8_t kFrameCleared = 4;  // Include/internal/pycore_frame.h: FRAME_CLEARED
    const ElfFile& elf = interpreter.elf();
    const ft_python& layout = interpreter.layout().bpf;
    auto clear = elf.find_symbol("_PyEval_FrameClearAndPop");
    if (!clear) clear = elf.find_symbol("_PyEvalFrameClearAndPop");
    if (!clear) return tap_error("_PyEval_FrameClearAndPop", "this build of the interpreter has no symbol for it");
    Result<FunctionCode> code = FunctionCode::trace(elf, clear->address);
    if (!code) return code.error();
    for (const ByteStore& store :
         byte_stores_at(elf, *code, layout.generator_state - layout.generator_frame)) {
        const std::uint64_t next = code->at(store.address)->instruction.next();
        const auto site = site_from(elf, next, RegisterSet(store.base));
        if (store.value != kFrameCleared || !site) continue;
        PlannedProbe probe = probe_at(interpreter, site->site, "python:completion", Program::kPythonCompletion);
        probe.object_register = static_cast<std::uint8_t>(site->holder);
        return std::vector<PlannedProbe>{std::move(probe)};
    }
    return tap_error("_PyEval_FrameClearAndPop", "the branch that clears a generator's frame was not found");
}

Result<std::vector<PlannedProbe>> death_tap(const Interpreter& interpreter, const Memory& memory) {
    const auto dealloc = slot(interpreter, memory, "PyCoro_Type", {kTypeDealloc});
    if (!dealloc) return tap_error("PyCoro_Type", "its tp_dealloc slot cannot be read");
    // Deaths are as many as generators: worth the search for a cheap instruction beyond the argument's register.
    if (const auto site = site_from(interpreter.elf(), *dealloc, RegisterSet(Register::kRdi))) {
        PlannedProbe probe = probe_at(interpreter, site->site, "python:death", Program::kPythonDeath);
        probe.object_register = static_cast<std::uint8_t>(site->holder);
        return std::vector<PlannedProbe>{std::move(probe)};
    }
    Result<PlannedProbe> probe =
        entry_probe(interpreter, *dealloc, "gen_dealloc", "python:death", Program::kPythonDeath);
    if (!probe) return probe.error();
    return std::vector<PlannedProbe>{std::move(*probe)};
}

Result<std::vector<PlannedProbe>> call_taps(const Interpreter& interpreter) {
    const ElfFile& elf = interpreter.elf();
    const auto constructor = elf.find_symbol("PyMethod_New");
    if (!constructor) return tap_error("PyMethod_New", "the interpreter does not export it");
    Result<FunctionCode> code = FunctionCode::trace(elf, constructor->address);
    if (!code) return code.error();
    const std::vector<std::uint64_t> stored = code_stored_at(elf, *code, kMethodVectorcall);
    if (stored.size() != 1) {
        return tap_error("PyMethod_New", "expected one function stored into the object, found " +
                                             std::to_string(stored.size()));
    }
    const std::uint64_t vectorcall = elf.resolve_call(stored.front()).value_or(stored.front());
    Result<std::vector<PlannedProbe>> probes = call_probes(interpreter, vectorcall, kBoundMethod);
    if (!probes) return probes;
    // Before 3.14 copies were seen inlined for other ways to call only, where the same helper serves every callable.
    if (interpreter.version().minor < 14) return probes;
    for (std::uint64_t prepend : inlined_vectorcalls(elf, vectorcall)) {
        Result<std::vector<PlannedProbe>> more = call_probes(interpreter, prepend, kFunctionAndSelf);
        if (!more) return more;
        std::ranges::move(*more, std::back_inserter(*probes));
    }
    return probes;
}

}  // namespace flowtap
