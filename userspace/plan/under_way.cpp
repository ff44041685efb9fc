// SPDX-License-Identifier: Apache-2.0
#include "plan/under_way.h"

#include <algorithm>
#include <unordered_map>

#include "plan/python/python_mechanisms.h"
#include "python/stacks.h"

namespace flowtap {
namespace {

class Search {
public:
    Search(const Plan& plan, const Memory& memory) : plan_(plan), memory_(memory) {
        for (const PlannedCode& code : plan.codes) known_.emplace(code.address, &code);
    }

    void add(const PythonStack& stack, const std::function<bool(const PlannedCode&)>& wanted,
             std::vector<UnderWay>& found) const {
        for (auto frame = stack.frames.begin(); frame != stack.frames.end(); ++frame) {
            const PlannedCode* code = code_of(*frame);
            if (code == nullptr || !is_execution(*frame, *code) || !wanted(*code)) continue;
            if (is_inner_call(stack, frame, *code)) continue;
            found.push_back(execution(stack, *frame, *code));
        }
    }

private:
    using Position = std::vector<PythonFrame>::const_iterator;

    [[nodiscard]] const PlannedCode* code_of(const PythonFrame& frame) const {
        const auto found = known_.find(frame.code);
        return found == known_.end() ? nullptr : found->second;
    }

    static bool is_coroutine(const PlannedCode& code) { return code.roles.has(CodeRole::kCoroutine); }

    static bool is_watched(const PlannedCode& code) { return code.roles.has(CodeRole::kWatched); }

    // Probes do not see a method that Python code calls without C, so it is not an execution here either.
    [[nodiscard]] bool is_execution(const PythonFrame& frame, const PlannedCode& code) const {
        const PlannedPoint& point = plan_.points[code.point];
        return code.roles.has_any(kExecutionRoles) && point.is_observed() &&
               !point.is_observed_by(kVariable) &&
               (is_coroutine(code) || is_watched(code) || frame.through_c);
    }

    [[nodiscard]] std::uint64_t object_of(const PythonFrame& frame, const PlannedCode& code) const {
        if (!code.object_slot) return 0;
        const std::uint64_t slot = frame.address + plan_.python->frame_locals + 8ULL * *code.object_slot;
        return memory_.read<std::uint64_t>(slot).value_or(0) & plan_.python->reference_mask;
    }

    // As is_inner_call() in bpf/python/identity.bpf.h: of nested calls on one object, the outer one is the
    // execution.
    [[nodiscard]] bool is_inner_call(const PythonStack& stack, Position frame,
                                     const PlannedCode& code) const {
        const std::uint64_t object = code.roles.has(CodeRole::kNode) ? object_of(*frame, code) : 0;
        const auto above = std::find_if(frame + 1, stack.frames.end(),
                                        [&](const PythonFrame& one) { return code_of(one) != nullptr; });
        if (object == 0 || above == stack.frames.end()) return false;
        const PlannedCode& outer = *code_of(*above);
        return outer.roles.has(CodeRole::kNode) && object_of(*above, outer) == object;
    }

    [[nodiscard]] UnderWay execution(const PythonStack& stack, const PythonFrame& frame,
                                     const PlannedCode& code) const {
        if (is_coroutine(code))
            return {frame.address - plan_.python->generator_frame, FT_KEY_COROUTINE, code.point};
        if (is_watched(code)) return {frame.address + 1, FT_KEY_CALL, code.point};
        return {frame.caller != 0 ? frame.caller : stack.thread_state, FT_KEY_FRAME, code.point};
    }

    const Plan& plan_;
    const Memory& memory_;
    std::unordered_map<std::uint64_t, const PlannedCode*> known_;
};

}  // namespace

std::vector<UnderWay> executions_under_way(const Plan& plan, const Memory& memory,
                                           const std::function<bool(const PlannedCode&)>& wanted) {
    std::vector<UnderWay> found;
    if (!plan.python) return found;
    const Search search(plan, memory);
    for (std::uint64_t list : plan.thread_lists) {
        for (const PythonStack& stack : read_stacks(memory, *plan.python, list))
            search.add(stack, wanted, found);
    }
    return found;
}

}  // namespace flowtap
