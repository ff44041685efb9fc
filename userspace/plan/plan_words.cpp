// SPDX-License-Identifier: Apache-2.0
#include "plan/plan_words.h"

#include <algorithm>
#include <variant>

#include "profile/python_path.h"

namespace flowtap {
namespace {

// The sources of one id: the point's own locals, and those of its callers.
void add_python_origin(const PlannedPoint& planned, const char* id, IdSource IdSources::*source,
                       std::vector<IdOrigin>& origins) {
    std::string text;
    const auto add = [&](const IdSources& ids) {
        const auto* path = std::get_if<PythonPath>(&(ids.*source));
        if (path == nullptr) return;
        const std::string found = to_text(*path);
        if ((", " + text + ",").find(", " + found + ",") == std::string::npos)
            text += (text.empty() ? "" : ", ") + found;
    };
    for (const CallerContext& caller : planned.point.callers) add(caller.ids);
    add(planned.point.ids);
    if (!text.empty()) origins.push_back({id, text});
}

}  // namespace

std::string function_name(const Point& point) {
    return point.symbol.empty() ? point.function.module + ":" + point.function.qualname : point.symbol;
}

const char* kind_name(const Point& point) { return point.kind == PointKind::kWorkflow ? "workflow" : "node"; }

std::string mechanism_text(const PlannedPoint& planned) {
    const std::optional<PointMechanism> mechanism = planned.mechanism();
    return mechanism ? mechanism_name(*mechanism) : "";
}

std::string meaning_of(const Plan& plan, const PlannedWatch& watch) {
    const auto code = std::ranges::find(plan.codes, watch.code, &PlannedCode::address);
    const std::string function = code == plan.codes.end() ? "a function" : code->qualname;
    return (watch.is_end() ? "the end of " : "the begin of ") + function;
}

std::vector<IdOrigin> id_origins(const PlannedPoint& planned) {
    std::vector<IdOrigin> origins = planned.origins;
    if (!planned.point.symbol.empty()) return origins;
    // A node's type stays: those of its ids may come from callers too.
    std::erase_if(origins, [](const IdOrigin& origin) { return origin.id != "node_type"; });
    add_python_origin(planned, "workflow_id", &IdSources::workflow_id, origins);
    add_python_origin(planned, "workflow_name", &IdSources::workflow_name, origins);
    add_python_origin(planned, "node_id", &IdSources::node_id, origins);
    return origins;
}

}  // namespace flowtap
