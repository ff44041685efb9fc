// SPDX-License-Identifier: Apache-2.0
// The instructions of one function and how control moves between them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "base/result.h"
#include "code/code_source.h"
#include "code/instruction.h"

namespace flowtap {

// A jump that leaves the function; what it reaches returns in the function's stead.
struct TailCall {
    uint64_t address = 0;
    std::optional<uint64_t> target;  // none for indirect jumps
};

// Found by following control flow from the entry and from the unwinder's landing pads, so it includes ".cold"
// pieces elsewhere and is never bounded by a symbol's size.
//
// A direct jump leaves the function when its target starts another one (CodeSource::starts_function). An
// indirect jump is followed when its jump table is recognised; otherwise it is a tail call if the stack
// pointer is back where it was at entry and nothing suggests a table, and an unresolved jump if not. A call
// after which another function piece begins is taken not to return.
class FunctionCode {
public:
    static constexpr size_t kMaxInstructions = 20'000;

    // Errors: no valid instruction at the entry, more than kMaxInstructions, or a way that leads into the
    // middle of an instruction (InstructionStarts).
    static Result<FunctionCode> trace(const CodeSource& source, uint64_t entry);

    struct Node {
        Instruction instruction;
        std::vector<uint64_t> successors;  // inside the function
        std::vector<uint64_t> predecessors;
        bool landing_pad = false;         // the unwinder may come here too
        bool leaves = false;              // a tail call, or (kConditional) one of its two ways is
        bool fatal = false;               // the process ends here: a call that never comes back, a trap
        std::optional<int> stack_adjust;  // stack pointer here + this = at the function's entry
        std::optional<int> frame_adjust;  // the same of the frame pointer, where it is one
    };

    [[nodiscard]] uint64_t entry() const { return entry_; }
    // By address.
    [[nodiscard]] const std::map<uint64_t, Node>& nodes() const { return nodes_; }
    // Null if no instruction of the function starts there.
    [[nodiscard]] const Node* at(uint64_t address) const;
    [[nodiscard]] const std::vector<TailCall>& tail_calls() const { return tail_calls_; }
    // Indirect jumps inside the function to places unknown: what they reach is missing here.
    [[nodiscard]] const std::vector<uint64_t>& unresolved_jumps() const { return unresolved_jumps_; }

private:
    friend class FunctionTracer;
    FunctionCode() = default;

    uint64_t entry_ = 0;
    std::map<uint64_t, Node> nodes_;
    std::vector<TailCall> tail_calls_;
    std::vector<uint64_t> unresolved_jumps_;
};

}  // namespace flowtap
