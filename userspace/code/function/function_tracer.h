// SPDX-License-Identifier: Apache-2.0
// Builds a FunctionCode.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "base/result.h"
#include "code/code_source.h"
#include "code/function/function_code.h"

namespace flowtap {

class FunctionTracer {
public:
    FunctionTracer(const CodeSource& source, uint64_t entry) : source_(source) { code_.entry_ = entry; }

    Result<FunctionCode> run() &&;

private:
    using Node = FunctionCode::Node;

    // All return false once the function is found to be too large.
    bool follow_all();
    bool visit(uint64_t address);

    void add_landing_pads(uint64_t address);
    void add_ways_on(Node& node);
    void add_next(Node& node);
    void add_target(Node& node, uint64_t target);
    bool leaves(uint64_t from, uint64_t target, bool conditional) const;
    bool resolve_indirect_jumps();
    bool resolve(uint64_t jump, bool stack_is_back);
    std::vector<uint64_t> run_up_to(uint64_t address);
    void link_predecessors();
    std::optional<uint64_t> inside_another_instruction() const;
    void finish();

    const CodeSource& source_;
    FunctionCode code_;
    std::vector<uint64_t> pending_;
    std::set<uint64_t> indirect_jumps_;  // not settled yet
    std::set<uint64_t> pieces_seen_;
    std::set<uint64_t> landing_pads_;
};

}  // namespace flowtap
