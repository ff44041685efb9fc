// SPDX-License-Identifier: Apache-2.0
#include "plan/python/probes/offsetless_calls.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "code/function/function_code.h"
#include "code/operation.h"
#include "plan/python/probes/site_probes.h"
#include "sites/site_choice.h"

namespace flowtap {
namespace {

using Node = FunctionCode::Node;

// Registers that hold the function's arguments, and values loaded from the bound method.
struct Held {
    RegisterSet flags;     // nargsf
    RegisterSet method;    // the bound method itself
    RegisterSet function;  // the function that it calls
    RegisterSet self;

    [[nodiscard]] bool suffices() const { return !method.empty() || !(function.empty() || self.empty()); }
};

Held at_entry(const MethodFunction& function) {
    Held held;
    held.flags = function.flags;
    if (!function.method_function) {
        held.method = function.object;
    } else {
        held.self = function.object;
        held.function = *function.method_function;
    }
    return held;
}

// The register that a word of the bound method is loaded into.
std::optional<Register> loaded_from_method(const CodeSource& source, const Instruction& instruction,
                                           RegisterSet method, int field) {
    const auto load = decode_operation(source, instruction.address);
    if (!load || load->kind != Operation::Kind::kMove || !is_memory(load->second)) return std::nullopt;
    const MemoryPlace& from = load->second.memory;
    if (from.has_index || from.by_thread_pointer || from.displacement != field) return std::nullopt;
    return from.base && method.contains(*from.base) ? load->first.whole : std::nullopt;
}

RegisterSet moved(RegisterSet holders, const Instruction& instruction) {
    const RegisterSet kept = holders - instruction.writes;
    const bool copied = instruction.copy && holders.contains(instruction.copy->from);
    return copied ? kept | instruction.copy->to : kept;
}

Held after(const Interpreter& interpreter, const Instruction& instruction, const Held& before) {
    const ft_python& layout = interpreter.layout().bpf;
    const CodeSource& source = interpreter.elf();
    Held held{moved(before.flags, instruction), moved(before.method, instruction),
              moved(before.function, instruction), moved(before.self, instruction)};
    if (const auto to = loaded_from_method(source, instruction, before.method, layout.method_function))
        held.function = held.function | *to;
    if (const auto to = loaded_from_method(source, instruction, before.method, layout.method_self))
        held.self = held.self | *to;
    return held;
}

// Whether a register that holds nargsf is tested.
bool tests_flags(const CodeSource& source, const Instruction& instruction, RegisterSet flags) {
    const auto operation = decode_operation(source, instruction.address);
    const auto tested = operation ? tested_register(*operation) : std::nullopt;
    return tested && flags.contains(*tested);
}

struct Ways {
    std::uint64_t with_offset = 0;
    std::uint64_t without = 0;
};

// The two targets of a jump that depends on the sign of the tested value.
std::optional<Ways> ways_by_sign(const CodeSource& source, const Node& jump) {
    if (jump.successors.size() != 2) return std::nullopt;
    const auto ways = ways_of_jump(source, jump.instruction, Operation::Condition::kNegative);
    return ways ? std::optional(Ways{ways->when, ways->otherwise}) : std::nullopt;
}

// Whether no other path leads here.
bool follows_alone(const FunctionCode& code, std::uint64_t address) {
    const Node* node = code.at(address);
    return node != nullptr && node->predecessors.size() == 1 && !node->landing_pad;
}

struct Branch {
    Ways ways;
    Held held;
};

// The function's first branch, if it depends on the sign of nargsf.
std::optional<Branch> find_branch(const Interpreter& interpreter, const FunctionCode& code, Held held) {
    constexpr int kFarthest = 64;
    const Node* node = code.at(code.entry());
    bool tested = false;
    for (int i = 0; node != nullptr && i < kFarthest; i++) {
        const Instruction& instruction = node->instruction;
        if (instruction.flow == Flow::kConditional) {
            const auto ways = tested ? ways_by_sign(interpreter.elf(), *node) : std::nullopt;
            return ways ? std::optional(Branch{*ways, held}) : std::nullopt;
        }
        if (node->successors.size() != 1 || !follows_alone(code, node->successors.front()))
            return std::nullopt;
        tested = tests_flags(interpreter.elf(), instruction, held.flags);
        held = after(interpreter, instruction, held);
        node = code.at(node->successors.front());
    }
    return std::nullopt;
}

struct EntrySite {
    Site site;
    Held held;
};

// The first emulated instruction on the path without the offset.
std::optional<EntrySite> site_on_way(const Interpreter& interpreter, const FunctionCode& code,
                                     const Branch& branch) {
    constexpr int kFarthest = 16;
    Held held = branch.held;
    std::uint64_t address = branch.ways.without;
    for (int i = 0; i < kFarthest && held.suffices() && follows_alone(code, address); i++) {
        const Node& node = *code.at(address);
        if (is_cheap_site(code, node.instruction)) {
            return EntrySite{make_site(node,
                                       "first emulated instruction that only calls without "
                                       "PY_VECTORCALL_ARGUMENTS_OFFSET execute"),
                             held};
        }
        if (node.instruction.flow != Flow::kNext || node.successors.size() != 1) return std::nullopt;
        held = after(interpreter, node.instruction, held);
        address = node.successors.front();
    }
    return std::nullopt;
}

std::set<std::uint64_t> reached_from(const FunctionCode& code, std::uint64_t start) {
    std::set<std::uint64_t> reached;
    std::vector<std::uint64_t> pending{start};
    while (!pending.empty()) {
        const std::uint64_t address = pending.back();
        pending.pop_back();
        if (!reached.insert(address).second) continue;
        const Node& node = *code.at(address);
        pending.insert(pending.end(), node.successors.begin(), node.successors.end());
    }
    return reached;
}

PlannedProbe entry_probe_at(const Interpreter& interpreter, const EntrySite& entry) {
    CallEntry call;
    if (!entry.held.method.empty()) {
        call.object = entry.held.method.members().front();
    } else {
        call.object = entry.held.self.members().front();
        call.called = CallEntry::Method{entry.held.function.members().front()};
    }
    return probe_at(interpreter, entry.site, "python:call-entry", call);
}

}  // namespace

Result<std::vector<PlannedProbe>> offsetless_call_probes(const Interpreter& interpreter,
                                                         const MethodFunction& function) {
    const ElfFile& elf = interpreter.elf();
    Result<FunctionCode> code = FunctionCode::trace(elf, function.address);
    if (!code) return site_error(function.name, code.error().message());
    const auto branch = find_branch(interpreter, *code, at_entry(function));
    if (!branch)
        return site_error(function.name,
                          "its code does not begin with a test of PY_VECTORCALL_ARGUMENTS_OFFSET");
    const auto entry = site_on_way(interpreter, *code, *branch);
    if (!entry || !entry->site.stack_adjust) {
        return site_error(
            function.name,
            "no emulated instruction is executed only by calls without PY_VECTORCALL_ARGUMENTS_OFFSET");
    }
    const std::set<std::uint64_t> way = reached_from(*code, branch->ways.without);
    Result<std::vector<CallReturn>> returns = sites_after_calls(*code, [&](const Instruction& call) {
        return way.contains(call.address) && runs_method(elf, *code, call);
    });
    if (!returns) return site_error(function.name, returns.error().message());
    Result<std::vector<PlannedProbe>> probes =
        exit_probes(interpreter, *returns, function.name, "python:call-exit", ReturnToC::From::kCall);
    if (probes) probes->push_back(entry_probe_at(interpreter, *entry));
    return probes;
}

}  // namespace flowtap
