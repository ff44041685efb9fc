// SPDX-License-Identifier: Apache-2.0
#include "code/function/function_tracer.h"

#include <algorithm>

#include "code/function/stack_depth.h"
#include "code/instruction_starts.h"
#include "code/jump_table.h"
#include "elf/symbols/address_text.h"

namespace flowtap {

Result<FunctionCode> FunctionTracer::run() && {
    const auto failure = [this](std::string cause) {
        return Error{"disassemble the function at",
                     address_text(code_.entry_),
                     std::move(cause),
                     {},
                     Error::Kind::kNoTarget};
    };
    pending_.push_back(code_.entry_);
    bool is_small = follow_all();
    // Each round settles the jumps met so far for good, so there are at most as many rounds as jumps.
    while (is_small && !indirect_jumps_.empty() && resolve_indirect_jumps()) is_small = follow_all();
    if (!is_small)
        return failure("more than " + std::to_string(FunctionCode::kMaxInstructions) + " instructions");
    if (code_.at(code_.entry_) == nullptr) return failure("no valid instruction there");
    if (const auto misread = inside_another_instruction())
        return failure("it seems to jump into the middle of an instruction, at " + address_text(*misread));
    finish();
    return std::move(code_);
}

bool FunctionTracer::follow_all() {
    while (!pending_.empty()) {
        const uint64_t address = pending_.back();
        pending_.pop_back();
        if (!visit(address)) return false;
    }
    return true;
}

bool FunctionTracer::visit(uint64_t address) {
    if (code_.nodes_.contains(address)) return true;
    if (code_.nodes_.size() >= FunctionCode::kMaxInstructions) return false;
    const auto instruction = decode_instruction(source_, address);
    if (!instruction) return true;
    Node& node = code_.nodes_[address];
    node.instruction = *instruction;
    add_landing_pads(address);
    add_ways_on(node);
    return true;
}

void FunctionTracer::add_landing_pads(uint64_t address) {
    const auto piece = source_.piece_of(address);
    if (!piece || !pieces_seen_.insert(piece->start).second) return;
    for (const uint64_t pad : source_.landing_pads(address)) {
        landing_pads_.insert(pad);
        pending_.push_back(pad);
    }
}

void FunctionTracer::add_ways_on(Node& node) {
    const Instruction& instruction = node.instruction;
    switch (instruction.flow) {
        case Flow::kNext:
        case Flow::kIndirectCall:
            add_next(node);
            break;
        case Flow::kCall: {
            const CalleeFate fate = source_.fate_of_call(instruction.target.value_or(0));
            if (fate == CalleeFate::kReturns) add_next(node);
            node.fatal = fate == CalleeFate::kFatal;
            break;
        }
        case Flow::kConditional:
            add_next(node);
            add_target(node, instruction.target.value_or(0));
            break;
        case Flow::kJump:
            add_target(node, instruction.target.value_or(0));
            break;
        case Flow::kIndirectJump:
            indirect_jumps_.insert(instruction.address);
            break;
        case Flow::kReturn:
            break;
        case Flow::kStop:
            node.fatal = true;
            break;
    }
}

void FunctionTracer::add_next(Node& node) {
    const uint64_t next = node.instruction.next();
    const auto piece = source_.piece_of(node.instruction.address);
    const bool is_outside = piece ? !piece->contains(next) : source_.starts_function(next, false);
    if (is_outside) return;
    node.successors.push_back(next);
    pending_.push_back(next);
}

bool FunctionTracer::leaves(uint64_t from, uint64_t target, bool conditional) const {
    // A jump back to the entry is a loop or a call of itself; as a loop it is on the safe side: no entry
    // site.
    if (target == code_.entry_) return false;
    const auto piece = source_.piece_of(from);
    if (piece && piece->contains(target)) return false;
    return source_.starts_function(target, conditional);
}

void FunctionTracer::add_target(Node& node, uint64_t target) {
    const uint64_t from = node.instruction.address;
    if (leaves(from, target, node.instruction.flow == Flow::kConditional)) {
        node.leaves = true;
        code_.tail_calls_.push_back({from, target});
    } else if (std::find(node.successors.begin(), node.successors.end(), target) == node.successors.end()) {
        node.successors.push_back(target);
        pending_.push_back(target);
    }
}

// Settles all indirect jumps met so far. Returns whether there is more code to follow.
bool FunctionTracer::resolve_indirect_jumps() {
    link_predecessors();
    const auto depths = stack_depths(code_.nodes_, code_.entry_);
    const std::set<uint64_t> jumps = std::exchange(indirect_jumps_, {});
    bool found_table = false;
    for (const uint64_t jump : jumps) {
        const auto depth = depths.find(jump);
        found_table |= resolve(jump, depth != depths.end() && depth->second.stack == 0);
    }
    return found_table;
}

bool FunctionTracer::resolve(uint64_t jump, bool stack_is_back) {
    Node& node = code_.nodes_.at(jump);
    const auto table = find_jump_table(source_, run_up_to(jump));
    if (table && !table->targets.empty()) {
        for (const uint64_t target : table->targets) add_target(node, target);
        return true;
    }
    if (!table && stack_is_back) {
        node.leaves = true;
        code_.tail_calls_.push_back({jump, std::nullopt});
    } else {
        code_.unresolved_jumps_.push_back(jump);
    }
    return false;
}

// The instructions that lead to `address` with no other way in between, in order.
std::vector<uint64_t> FunctionTracer::run_up_to(uint64_t address) {
    constexpr size_t kMaxRun = 24;
    std::vector<uint64_t> run{address};
    while (run.size() < kMaxRun) {
        const Node& node = code_.nodes_.at(run.back());
        if (node.predecessors.size() != 1 || landing_pads_.contains(run.back())) break;
        run.push_back(node.predecessors.front());
    }
    std::reverse(run.begin(), run.end());
    return run;
}

void FunctionTracer::link_predecessors() {
    for (auto& [address, node] : code_.nodes_) node.predecessors.clear();
    for (auto& [address, node] : code_.nodes_) {
        std::erase_if(node.successors, [this](uint64_t next) { return !code_.nodes_.contains(next); });
        for (const uint64_t next : node.successors) code_.nodes_.at(next).predecessors.push_back(address);
    }
}

// A way that no program takes: a jump table that was read wrongly leads there.
std::optional<uint64_t> FunctionTracer::inside_another_instruction() const {
    InstructionStarts starts(source_);
    for (const auto& [address, node] : code_.nodes_)
        if (!starts.contain(address).value_or(true)) return address;
    return std::nullopt;
}

void FunctionTracer::finish() {
    link_predecessors();
    for (auto& [address, node] : code_.nodes_) node.landing_pad = landing_pads_.contains(address);
    for (const auto& [address, depths] : stack_depths(code_.nodes_, code_.entry_)) {
        Node& node = code_.nodes_.at(address);
        if (depths.stack) node.stack_adjust = static_cast<int>(-*depths.stack);
        if (depths.frame) node.frame_adjust = static_cast<int>(-*depths.frame);
    }
    std::sort(code_.tail_calls_.begin(), code_.tail_calls_.end(),
              [](const TailCall& a, const TailCall& b) { return a.address < b.address; });
    std::sort(code_.unresolved_jumps_.begin(), code_.unresolved_jumps_.end());
}

}  // namespace flowtap
