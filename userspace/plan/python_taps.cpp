// SPDX-License-Identifier: Apache-2.0
#include "plan/python_taps.h"

#include <algorithm>
#include <deque>
#include <iterator>
#include <set>

#include "elf/function_code.h"
#include "elf/site.h"
#include "elf/stored_code.h"

namespace flowtap {
namespace {

constexpr const char* kEvaluator = "_PyEval_EvalFrameDefault";

// Include/cpython/object.h, Include/cpython/methodobject.h; the same in 3.11 to 3.14.
constexpr std::uint64_t kTypeAsAsync = 80;
constexpr std::uint64_t kAsyncSend = 24;
constexpr std::uint64_t kTypeMethods = 232;
constexpr std::uint64_t kMethodDefSize = 32;
constexpr std::uint64_t kMethodDefFunction = 8;
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

// Direct calls of the evaluator; where its ways on join those of the PEP 523 indirect call, both must be named.
Result<std::vector<CallReturn>> after_evaluation(const ElfFile& elf, const FunctionCode& code,
                                                 std::uint64_t evaluator) {
    const auto direct = [&](const Instruction& call) {
        return call.flow == Flow::kCall && call.target && elf.resolve_call(*call.target) == evaluator;
    };
    Result<std::vector<CallReturn>> sites = sites_after_calls(code, direct, Argument0::kNeeded);
    if (sites) return sites;
    return sites_after_calls(
        code, [&](const Instruction& call) { return direct(call) || call.flow == Flow::kIndirectCall; },
        Argument0::kNeeded);
}

bool calls(const ElfFile& elf, const FunctionCode& code, std::uint64_t function) {
    return std::ranges::any_of(code.nodes(), [&](const auto& entry) {
        const Instruction& instruction = entry.second.instruction;
        return instruction.flow == Flow::kCall && instruction.target &&
               elf.resolve_call(*instruction.target) == function;
    });
}

// The public API is no part of the generator code, and what it reaches evaluates other frames.
bool belongs_to_generators(const ElfFile& elf, std::uint64_t function) {
    const std::string name = elf.symbol_at(function);
    const bool public_api = name.starts_with("Py") || name.starts_with("_Py");
    return !public_api || name.find("Gen") != std::string::npos || name.find("Coro") != std::string::npos;
}

std::vector<std::uint64_t> callees(const ElfFile& elf, const FunctionCode& code) {
    std::vector<std::uint64_t> found;
    const auto add = [&](std::optional<std::uint64_t> target) {
        if (target) target = elf.resolve_call(*target);
        if (target && belongs_to_generators(elf, *target)) found.push_back(*target);
    };
    for (const auto& [address, node] : code.nodes())
        if (node.instruction.flow == Flow::kCall) add(node.instruction.target);
    for (const TailCall& tail : code.tail_calls()) add(tail.target);
    return found;
}

// Functions behind the roots, at most three calls away, that evaluate a frame themselves.
std::vector<FunctionCode> evaluating_functions(const ElfFile& elf, const std::vector<std::uint64_t>& roots,
                                               std::uint64_t evaluator) {
    constexpr int kDepth = 3;
    std::vector<FunctionCode> found;
    std::set<std::uint64_t> seen(roots.begin(), roots.end());
    std::deque<std::pair<std::uint64_t, int>> work;
    for (std::uint64_t root : roots) work.emplace_back(root, 0);
    while (!work.empty()) {
        const auto [function, depth] = work.front();
        work.pop_front();
        Result<FunctionCode> code = FunctionCode::trace(elf, function);
        if (!code) continue;
        if (depth < kDepth && !calls(elf, *code, evaluator)) {
            for (std::uint64_t callee : callees(elf, *code))
                if (seen.insert(callee).second) work.emplace_back(callee, depth + 1);
        } else if (calls(elf, *code, evaluator)) {
            found.push_back(std::move(*code));
        }
    }
    return found;
}

std::vector<std::uint64_t> method_functions(const Memory& memory, std::uint64_t type) {
    constexpr int kMaxMethods = 64;
    std::vector<std::uint64_t> found;
    const std::uint64_t methods = memory.read<std::uint64_t>(type + kTypeMethods).value_or(0);
    for (int i = 0; methods != 0 && i < kMaxMethods; i++) {
        const std::uint64_t definition = methods + kMethodDefSize * static_cast<std::uint64_t>(i);
        const auto name = memory.read<std::uint64_t>(definition);
        if (!name || *name == 0) break;
        const std::string method = memory.read_cstring(*name, 16).value_or("");
        const auto function = memory.read<std::uint64_t>(definition + kMethodDefFunction);
        if (function && (method == "send" || method == "throw")) found.push_back(*function);
    }
    return found;
}

// Link-time addresses of PyGen_am_send, then of the methods send and throw.
Result<std::vector<std::uint64_t>> generator_functions(const Interpreter& interpreter, const Memory& memory) {
    const auto type = interpreter.address_of("PyCoro_Type");
    if (!type) return tap_error("PyCoro_Type", "the interpreter does not export it");
    const auto as_async = memory.read<std::uint64_t>(*type + kTypeAsAsync);
    const auto send = as_async ? memory.read<std::uint64_t>(*as_async + kAsyncSend) : std::nullopt;
    if (!send || *send == 0) return tap_error("PyCoro_Type", "its am_send slot cannot be read");
    std::vector<std::uint64_t> functions{*send};
    for (std::uint64_t function : method_functions(memory, *type)) functions.push_back(function);
    for (std::uint64_t& function : functions) function -= interpreter.load_bias();
    return functions;
}

}  // namespace

Result<std::vector<PlannedProbe>> step_taps(const Interpreter& interpreter, const Memory& memory) {
    const ElfFile& elf = interpreter.elf();
    const auto evaluator = elf.find_symbol(kEvaluator);
    if (!evaluator) return tap_error(kEvaluator, "the interpreter does not export it");
    Result<std::vector<std::uint64_t>> functions = generator_functions(interpreter, memory);
    if (!functions) return functions.error();
    Result<PlannedProbe> entry = entry_probe(interpreter, functions->front(), "PyGen_am_send", "python:step-entry",
                                             Program::kPythonStepEntry);
    if (!entry) return entry.error();
    std::vector<PlannedProbe> probes{std::move(*entry)};
    for (const FunctionCode& code : evaluating_functions(elf, *functions, evaluator->address)) {
        Result<std::vector<CallReturn>> returns = after_evaluation(elf, code, evaluator->address);
        if (!returns) return tap_error("gen_send_ex2", returns.error().message());
        Result<std::vector<PlannedProbe>> exits =
            exit_probes(interpreter, *returns, "gen_send_ex2", "python:step-exit", Program::kPythonStepExit);
        if (!exits) return exits;
        std::ranges::move(*exits, std::back_inserter(probes));
    }
    if (probes.size() == 1) return tap_error("PyGen_am_send", "nothing behind it evaluates a frame");
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
