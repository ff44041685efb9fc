// SPDX-License-Identifier: Apache-2.0
// The place where a context variable gets its value. PyContextVar_Set makes the token, which holds the
// context and the previous value, and then calls contextvar_set(variable, value). If that is inlined, the
// site is its call that puts the value into the context: _PyHamt_Assoc(values, variable, value).
// PyContextVar_Reset calls the same function, which identifies the call. Python/context.c.
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <vector>

#include "plan/python/probes/python_probes.h"
#include "plan/python/probes/site_probes.h"
#include "plan/python/variable_functions.h"
#include "sites/site_choice.h"

namespace flowtap {
namespace {

constexpr const char* kSet = "PyContextVar_Set";

using Node = FunctionCode::Node;

std::set<std::uint64_t> direct_callees(const ElfFile& elf, const FunctionCode& function) {
    std::set<std::uint64_t> callees;
    const auto add = [&](std::uint64_t target) { callees.insert(elf.resolve_call(target).value_or(target)); };
    for (const auto& [address, node] : function.nodes()) {
        if (node.instruction.flow == Flow::kCall && node.instruction.target) add(*node.instruction.target);
    }
    for (const TailCall& jump : function.tail_calls())
        if (jump.target) add(*jump.target);
    return callees;
}

// The registers that the straight-line code before an instruction writes.
RegisterSet written_before(const FunctionCode& function, const Node& node) {
    RegisterSet written;
    const Node* at = &node;
    while (at->predecessors.size() == 1) {
        at = function.at(at->predecessors.front());
        if (at == nullptr || at->instruction.flow != Flow::kNext) break;
        written = written | at->instruction.writes;
    }
    return written;
}

// Whether the register's value at an instruction may be the function's result.
bool is_returned(const FunctionCode& function, const Node& from, Register holder) {
    std::map<std::uint64_t, RegisterSet> seen;
    std::vector<std::pair<std::uint64_t, RegisterSet>> pending{{from.instruction.address, holder}};
    while (!pending.empty()) {
        auto [address, holders] = pending.back();
        pending.pop_back();
        const Node& node = *function.at(address);
        const Instruction& one = node.instruction;
        if (one.flow == Flow::kReturn && holders.contains(arch::kResult)) return true;
        RegisterSet after = holders - one.writes;
        if (one.copy && holders.contains(one.copy->from)) after = after | one.copy->to;
        if (after.empty()) continue;
        for (const std::uint64_t next : node.successors) {
            RegisterSet& known = seen[next];
            if ((after - known).empty()) continue;
            known = known | after;
            pending.emplace_back(next, after);
        }
    }
    return false;
}

// The register that holds the token, which the function returns, across the call.
std::optional<Register> token_at(const FunctionCode& function, const Node& call) {
    std::vector<Register> tokens;
    for (const Register one : arch::kCalleeSaved)
        if (is_returned(function, call, one)) tokens.push_back(one);
    return tokens.size() == 1 ? std::optional(tokens.front()) : std::nullopt;
}

struct Setting {
    const Node* call = nullptr;
    Register variable;
    Register value;
    Register token;
};

// Identifies the call by its two or three arguments, and by the function's result after it: calls that raise
// errors have as many arguments, but are followed by a return of NULL.
std::optional<Setting> setting_at(const FunctionCode& function, const Node& node) {
    const auto& [first, second, third] =
        std::tie(arch::kArguments[0], arch::kArguments[1], arch::kArguments[2]);
    const RegisterSet written = written_before(function, node);
    if (!written.contains(first) || !written.contains(second)) return std::nullopt;
    const auto token = token_at(function, node);
    if (!token) return std::nullopt;
    if (!written.contains(third)) return Setting{&node, first, second, *token};
    return Setting{&node, second, third, *token};
}

std::optional<Setting> find_setting(const ElfFile& elf, const FunctionCode& function,
                                    const std::set<std::uint64_t>& callees_of_reset) {
    std::vector<Setting> found;
    for (const auto& [address, node] : function.nodes()) {
        const Instruction& one = node.instruction;
        if (one.flow != Flow::kCall || !one.target) continue;
        if (!callees_of_reset.contains(elf.resolve_call(*one.target).value_or(*one.target))) continue;
        if (const auto setting = setting_at(function, node)) found.push_back(*setting);
    }
    return found.size() == 1 ? std::optional(found.front()) : std::nullopt;
}

Result<PlannedProbe> set_probe(const Interpreter& interpreter, const FunctionCode& function,
                               const std::set<std::uint64_t>& callees_of_reset) {
    const auto setting = find_setting(interpreter.elf(), function, callees_of_reset);
    if (!setting) return site_error(kSet, "its code that puts the value into the context was not found");
    if (!may_hold_site(function, setting->call->instruction))
        return site_error(kSet, "its call that puts the value into the context cannot be probed");
    return probe_at(
        interpreter,
        make_site(*setting->call, "the call that puts the value into the context, after the token is made"),
        "python:context-set", ContextChange{setting->variable, setting->value, setting->token});
}

Result<PlannedProbe> context_destruction_probe(const Interpreter& interpreter, const Memory& memory) {
    const auto dealloc = type_slot(interpreter, memory, "PyContext_Type", {kTypeDealloc});
    if (!dealloc) return site_error("PyContext_Type", "its tp_dealloc slot cannot be read");
    return entry_probe(interpreter, *dealloc, "context_tp_dealloc", "python:context-destroyed",
                       ContextDestruction{});
}

}  // namespace

Result<std::vector<PlannedProbe>> context_probes(const Interpreter& interpreter, const Memory& memory) {
    Result<std::vector<PlannedProbe>> probes = variable_reset_probes(interpreter, memory);
    if (!probes) return probes;
    const auto resets = variable_functions(interpreter, memory, "PyContextVar_Reset", "reset");
    const auto sets = variable_functions(interpreter, memory, kSet, "set");
    if (!resets) return resets.error();
    if (!sets) return sets.error();
    std::set<std::uint64_t> callees;
    for (const FunctionCode& reset : *resets) callees.merge(direct_callees(interpreter.elf(), reset));
    for (const FunctionCode& set : *sets) {
        Result<PlannedProbe> probe = set_probe(interpreter, set, callees);
        if (!probe) return probe.error();
        probes->push_back(*std::move(probe));
    }
    Result<PlannedProbe> destruction = context_destruction_probe(interpreter, memory);
    if (!destruction) return destruction.error();
    probes->push_back(*std::move(destruction));
    return probes;
}

}  // namespace flowtap
