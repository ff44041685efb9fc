// SPDX-License-Identifier: Apache-2.0
#include "plan/python/probes/unpacked_calls.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "code/direct_calls.h"
#include "code/function/function_code.h"
#include "code/operation.h"
#include "code/values/value_origin.h"
#include "plan/python/probes/site_probes.h"
#include "sites/site_choice.h"

namespace flowtap {
namespace {

using Node = FunctionCode::Node;

constexpr const char* kUnpack = "_PyStack_UnpackDict";
// Functions that make the frame of a Python function in which the interpreter's loop continues: no method is
// called there. Some builds inline the first one into the second.
constexpr const char* kPushFrame = "_PyEvalFramePushAndInit";
constexpr const char* kPushUnpackedFrame = "_PyEvalFramePushAndInit_Ex";
constexpr const char* kCallers[] = {"PyObject_Call", "PyVectorcall_Call"};

// Whether the fifth argument of a call becomes the address of a variable of the calling function.
bool points_argument4_to_frame(const CodeSource& source, const Instruction& instruction) {
    const auto operation = decode_operation(source, instruction.address);
    return operation && operation->kind == Operation::Kind::kAddress &&
           operation->first.whole == arch::kArguments[4] && is_by_frame(operation->second);
}

// Targets of direct calls with &kwnames, a variable of the calling function, as the fifth argument.
std::set<std::uint64_t> unpackers_called_by(const ElfFile& elf, const FunctionCode& code) {
    std::set<std::uint64_t> found;
    for (const auto& [address, node] : code.nodes()) {
        if (!points_argument4_to_frame(elf, node.instruction)) continue;
        const Node* next = &node;
        while (next != nullptr && next->instruction.flow == Flow::kNext && next->successors.size() == 1)
            next = code.at(next->successors.front());
        if (next == nullptr || next->instruction.flow != Flow::kCall || !next->instruction.target) continue;
        if (const auto callee = elf.resolve_call(*next->instruction.target)) found.insert(*callee);
    }
    return found;
}

// The functions that it calls or jumps to.
std::set<std::uint64_t> callees_of(const ElfFile& elf, const FunctionCode& code) {
    std::set<std::uint64_t> found;
    const auto add = [&](std::optional<std::uint64_t> target) {
        const auto callee = target ? elf.resolve_call(*target) : std::nullopt;
        if (callee) found.insert(*callee);
    };
    for (const auto& [address, node] : code.nodes())
        if (node.instruction.flow == Flow::kCall) add(node.instruction.target);
    for (const TailCall& tail : code.tail_calls()) add(tail.target);
    return found;
}

// An exported function, and the function that it jumps to, if it does nothing else.
std::vector<FunctionCode> with_tail_calls(const ElfFile& elf, const char* name) {
    std::vector<FunctionCode> all;
    const auto function = elf.find_symbol(name);
    if (!function) return all;
    Result<FunctionCode> code = FunctionCode::trace(elf, function->address);
    if (!code) return all;
    for (const TailCall& tail : code->tail_calls()) {
        const auto target = tail.target ? elf.resolve_call(*tail.target) : std::nullopt;
        Result<FunctionCode> behind = target ? FunctionCode::trace(elf, *target) : Error{};
        if (behind) all.push_back(std::move(*behind));
    }
    all.push_back(std::move(*code));
    return all;
}

Result<std::uint64_t> find_unpacker(const ElfFile& elf) {
    if (const auto exported = elf.find_symbol(kUnpack)) return exported->address;
    std::set<std::uint64_t> found;
    for (const FunctionCode& code : with_tail_calls(elf, "PyVectorcall_Call"))
        found.merge(unpackers_called_by(elf, code));
    if (found.size() == 1) return *found.begin();
    return site_error("PyVectorcall_Call",
                      "the function that unpacks the dictionary of arguments was not found");
}

// Whether the next call makes a Python function's frame. Reads straight-line code, because the interpreter's
// loop is too irregular to trace.
bool pushes_frame(const ElfFile& elf, std::uint64_t address) {
    constexpr int kFarthest = 64;
    const auto push = elf.find_symbol(kPushFrame);
    for (int i = 0; push && i < kFarthest; i++) {
        const auto instruction = decode_instruction(elf, address);
        if (!instruction) return false;
        if (instruction->is_call())
            return instruction->target && elf.resolve_call(*instruction->target) == push->address;
        address = instruction->next();
    }
    return false;
}

bool is_in_function(const ElfFile& elf, std::uint64_t address, const char* name) {
    const auto function = elf.find_symbol(name);
    const auto piece = function ? elf.piece_of(address) : std::nullopt;
    return piece && piece->start == function->address;
}

// Straight-line code from the call of the unpacker, past the branch for "no memory", up to the next call or
// branch: every such call passes all of it, and nothing else does.
struct Run {
    std::vector<const Node*> nodes;
    std::size_t branch = 0;  // index of the branch for "no memory"
};

std::optional<Run> run_after(const ElfFile& elf, const FunctionCode& code, std::uint64_t address) {
    constexpr std::size_t kFarthest = 48;
    Run run;
    while (run.nodes.size() < kFarthest) {
        const Node* node = code.at(address);
        if (node == nullptr || node->predecessors.size() != 1 || node->landing_pad) return std::nullopt;
        run.nodes.push_back(node);
        const Instruction& instruction = node->instruction;
        if (instruction.is_call()) return run.branch != 0 ? std::optional(run) : std::nullopt;
        if (instruction.flow == Flow::kConditional) {
            if (run.branch != 0) return run;
            const auto ways = ways_of_jump(elf, instruction, Operation::Condition::kZero);
            if (!ways) return std::nullopt;
            run.branch = run.nodes.size() - 1;
            address = ways->otherwise;
        } else if (instruction.flow == Flow::kNext && node->successors.size() == 1) {
            address = node->successors.front();
        } else {
            return std::nullopt;
        }
    }
    return std::nullopt;
}

// The first call on each path from the end of the run, with the instructions between them, last first.
// nullopt if a path ends without one.
std::optional<std::map<std::uint64_t, std::vector<const Node*>>> first_calls(const FunctionCode& code,
                                                                             const Node& end) {
    std::map<std::uint64_t, std::vector<const Node*>> calls;
    std::map<std::uint64_t, std::uint64_t> came_from;
    if (end.instruction.is_call()) return {{{end.instruction.address, {}}}};
    std::vector<std::pair<std::uint64_t, std::uint64_t>> pending;
    for (const std::uint64_t next : end.successors) pending.emplace_back(next, end.instruction.address);
    while (!pending.empty()) {
        const auto [address, before] = pending.back();
        pending.pop_back();
        if (!came_from.emplace(address, before).second) continue;
        const Node& node = *code.at(address);
        if (node.instruction.is_call()) {
            std::vector<const Node*>& way = calls[address];
            for (std::uint64_t at = before; at != end.instruction.address; at = came_from.at(at))
                way.push_back(code.at(at));
        } else if (node.leaves || node.successors.empty()) {
            return std::nullopt;
        } else {
            for (const std::uint64_t next : node.successors) pending.emplace_back(next, address);
        }
    }
    return calls;
}

// Follows the callable, the first argument of a call through its slot, back to its register.
class Holder {
public:
    // Returns false if it comes from memory.
    bool go_back(const Instruction& instruction) {
        if (!instruction.writes.contains(held_)) return true;
        if (!instruction.copy) return false;
        held_ = instruction.copy->from;
        return true;
    }
    [[nodiscard]] Register held() const { return held_; }

private:
    Register held_ = arch::kArguments[0];
};

struct EntryNode {
    const Node* node = nullptr;
    Register callable = arch::kArguments[0];
    std::optional<Register> arguments;  // NULL if the call will not be made
};

// The register that holds the unpacker's result at the run's branch.
std::optional<Register> returned_at(const Run& run, std::size_t index) {
    RegisterSet held = arch::kResult;
    for (std::size_t i = 0; i < index; i++) {
        const Instruction& instruction = run.nodes[i]->instruction;
        const bool copied = instruction.copy && held.contains(instruction.copy->from);
        held = held - instruction.writes;
        if (copied) held = held | instruction.copy->to;
    }
    return held.empty() ? std::nullopt : std::optional(held.members().front());
}

// The first emulated instruction of the run with the callable in a register.
std::optional<EntryNode> entry_in(const FunctionCode& code, const Run& run,
                                  const std::vector<const Node*>& way) {
    Holder callable;
    for (const Node* node : way)
        if (!callable.go_back(node->instruction)) return std::nullopt;
    std::optional<EntryNode> found;
    for (std::size_t i = run.nodes.size(); i-- > 0;) {
        const Node& node = *run.nodes[i];
        if (!node.instruction.is_call() && !callable.go_back(node.instruction)) break;
        if (node.instruction.is_call() || !is_cheap_site(code, node.instruction)) continue;
        const auto arguments = i <= run.branch ? returned_at(run, i) : std::nullopt;
        if (i > run.branch || arguments) found = EntryNode{&node, callable.held(), arguments};
    }
    return found;
}

class CodeSearch {
public:
    CodeSearch(const Interpreter& interpreter, const std::vector<MethodFunction>& functions,
               const std::set<std::uint64_t>& seen)
        : interpreter_(interpreter), elf_(interpreter.elf()), seen_(seen) {
        for (const MethodFunction& function : functions) methods_.insert(function.address);
    }

    // Adds the sites of one call of the unpacker.
    Result<void> add(std::uint64_t call) {
        const auto piece = elf_.piece_of(call);
        const auto instruction = decode_instruction(elf_, call);
        if (!piece || !instruction) return failure(kOffEveryPath);
        if (pushes_frame(elf_, instruction->next()) || is_in_function(elf_, call, kPushUnpackedFrame))
            return {};
        Result<FunctionCode> code = FunctionCode::trace(elf_, piece->start);
        if (!code) return failure(code.error().message());
        if (code->at(call) == nullptr) return failure(kOffEveryPath);
        if (passes_array(*code, call)) return {};
        return add_place(*code, instruction->next());
    }

    // Whether an exported function leads to one of the places.
    [[nodiscard]] bool covers(const char* name) const {
        const std::vector<FunctionCode> all = with_tail_calls(elf_, name);
        return std::ranges::any_of(all, [&](const FunctionCode& code) {
            const std::set<std::uint64_t> callees = callees_of(elf_, code);
            return places_.contains(code.entry()) ||
                   std::ranges::any_of(callees, [&](std::uint64_t one) { return places_.contains(one); });
        });
    }

    std::vector<PlannedProbe> take() { return std::move(probes_); }

private:
    static constexpr const char* kOffEveryPath = "a call of it cannot be reached in the code of its caller";

    static Error failure(std::string cause) { return site_error(kUnpack, std::move(cause)); }

    // As PyObject_VectorcallDict does. CALL_FUNCTION_EX, and others with a tuple, pass its items.
    [[nodiscard]] bool passes_array(const FunctionCode& code, std::uint64_t call) const {
        const bool is_called = elf_.starts_function(code.entry(), true);
        return is_no_field(elf_, code, call, arch::kArguments[1], interpreter_.layout().bpf.tuple_items,
                           is_called);
    }

    [[nodiscard]] bool calls_one_of(const Instruction& call, const std::set<std::uint64_t>& functions) const {
        const auto target = call.target ? elf_.resolve_call(*call.target) : std::nullopt;
        return target && functions.contains(*target);
    }

    // Whether a call goes through the callable's slot, or to the function that methods have there.
    [[nodiscard]] bool calls_callable(const Instruction& call) const {
        return call.flow == Flow::kIndirectCall || calls_one_of(call, methods_) ||
               is_outlined_vectorcall(elf_, call);
    }

    Result<void> add_place(const FunctionCode& code, std::uint64_t after) {
        const auto run = run_after(elf_, code, after);
        const auto calls = run ? first_calls(code, *run->nodes.back()) : std::nullopt;
        if (!calls) return failure("the code between its return and the call of the callable was not found");
        std::set<std::uint64_t> inner;
        std::optional<EntryNode> entry;
        for (const auto& [address, way] : *calls) {
            const Instruction& call = code.at(address)->instruction;
            // The slot was compared with method_vectorcall: only bound methods take this path.
            if (calls_one_of(call, seen_)) {
                places_.insert(code.entry());
                return {};
            }
            if (!calls_callable(call)) continue;
            inner.insert(address);
            if (call.flow == Flow::kIndirectCall && !entry) entry = entry_in(code, *run, way);
        }
        if (inner.empty()) return failure("the call that passes on the unpacked arguments was not found");
        if (!entry || !entry->node->stack_adjust)
            return failure("no emulated instruction before the call of the callable has it in a register");
        return add_probes(code, *entry, inner);
    }

    Result<void> add_probes(const FunctionCode& code, const EntryNode& entry,
                            const std::set<std::uint64_t>& inner) {
        Result<std::vector<CallReturn>> returns =
            sites_after_calls(code, [&](const Instruction& call) { return inner.contains(call.address); });
        if (!returns) return failure(returns.error().message());
        Result<std::vector<PlannedProbe>> probes =
            exit_probes(interpreter_, *returns, kUnpack, "python:call-exit", ReturnToC::From::kCall);
        if (!probes) return probes.error();
        const Site site =
            make_site(*entry.node, "first emulated instruction where the arguments are unpacked");
        probes->push_back(
            probe_at(interpreter_, site, "python:call-entry",
                     CallEntry{.object = entry.callable, .called = CallEntry::Callable{entry.arguments}}));
        std::ranges::move(*probes, std::back_inserter(probes_));
        places_.insert(code.entry());
        return {};
    }

    const Interpreter& interpreter_;
    const ElfFile& elf_;
    const std::set<std::uint64_t>& seen_;
    std::set<std::uint64_t> methods_;
    std::set<std::uint64_t> places_;  // entries of functions
    std::vector<PlannedProbe> probes_;
};

}  // namespace

Result<std::vector<PlannedProbe>> unpacked_call_probes(const Interpreter& interpreter,
                                                       const std::vector<MethodFunction>& functions,
                                                       const std::set<std::uint64_t>& seen) {
    const ElfFile& elf = interpreter.elf();
    Result<std::uint64_t> unpacker = find_unpacker(elf);
    if (!unpacker) return unpacker.error();
    CodeSearch search(interpreter, functions, seen);
    for (const std::uint64_t call : direct_calls_of(elf, *unpacker))
        if (Result<void> done = search.add(call); !done) return done.error();
    for (const char* name : kCallers) {
        if (!search.covers(name))
            return site_error(name, "its code that unpacks the dictionary of arguments was not found");
    }
    return search.take();
}

}  // namespace flowtap
