// SPDX-License-Identifier: Apache-2.0
#include "plan/native/function_pair.h"

#include <string>
#include <utility>

#include "plan/native/native_entry.h"
#include "plan/native/native_functions.h"

namespace flowtap {
namespace {

// One of the two functions, and what a hit of its entry means.
struct Half {
    std::string symbol;
    const char* suffix;
    FunctionEntry::Means means;
    EntryValues wanted;
};

Result<void> add_entry(Plan& plan, PlannedPoint& planned, const Half& half, const NativeFunction& function) {
    if (Result<void> done = check_free(plan, function); !done) return done;
    Result<NativeEntry> entry = native_entry(*function.binary, function.address, planned.point, half.wanted);
    if (!entry) return entry.error();
    plan.probes.push_back(
        entry_probe(*function.binary, *entry, planned.point, half.suffix, half.means, plan.points.size()));
    NativeReads& reads = entry->reads;
    if (half.means == FunctionEntry::Means::kBegin) {
        planned.workflow_names = std::move(reads.workflow_names);
        planned.node_names = std::move(reads.node_names);
    }
    for (IdOrigin& origin : reads.origins) {
        if (half.means == FunctionEntry::Means::kEnd) origin.id += " at the end";
        planned.origins.push_back(std::move(origin));
    }
    return {};
}

// Returns false if the function is not loaded yet; the point then waits for it.
Result<bool> add_half(Plan& plan, PlannedPoint& planned, const Half& half, const Profile& profile,
                      const std::vector<NativeBinary>& binaries) {
    std::string missing;
    Point named = planned.point;
    named.symbol = half.symbol;
    const Result<std::vector<NativeFunction>> functions =
        find_point_functions(named, profile, binaries, missing);
    if (!functions) return functions.error();
    for (const NativeFunction& function : *functions)
        if (Result<void> done = add_entry(plan, planned, half, function); !done) return done.error();
    if (functions->empty()) planned.wait(missing);
    return !functions->empty();
}

}  // namespace

Result<void> plan_function_pair(Plan& plan, PlannedPoint& planned, const Profile& profile,
                                const std::vector<NativeBinary>& binaries) {
    const Point& point = planned.point;
    const KeyedFunction& keyed = point.keyed;
    const bool same_key = std::holds_alternative<std::monostate>(keyed.end_key);
    const Half begin{point.symbol, "begin", FunctionEntry::Means::kBegin, {point.ids, keyed.key, {}}};
    const Half end{keyed.end,
                   "end",
                   FunctionEntry::Means::kEnd,
                   {{}, same_key ? keyed.key : keyed.end_key, keyed.result}};
    const std::size_t before = plan.probes.size();
    Result<bool> done = add_half(plan, planned, begin, profile, binaries);
    if (done && *done) done = add_half(plan, planned, end, profile, binaries);
    if (!done) return done.error();
    if (*done) {
        planned.observe_by(keyed.is_keyed() ? PointMechanism::kKeyedFunctionPair
                                            : PointMechanism::kFunctionPair);
        return {};
    }
    plan.probes.resize(before);
    planned.origins.clear();
    return {};
}

}  // namespace flowtap
