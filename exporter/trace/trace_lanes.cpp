// SPDX-License-Identifier: Apache-2.0
#include "exporter/trace/trace_lanes.h"

#include <algorithm>
#include <tuple>

namespace flowtap {
namespace {

// The spans of a lane that have not ended when the next one begins.
class LaneEnd {
public:
    bool takes(const TraceSpan& span) {
        std::erase_if(ends_, [&](std::uint64_t end_ns) { return end_ns <= span.begin_ns; });
        if (!ends_.empty() && ends_.back() < span.end_ns) return false;
        ends_.push_back(span.end_ns);
        return true;
    }

private:
    std::vector<std::uint64_t> ends_;  // the innermost last, so descending
};

// Of two with the same begin, the longer one encloses the other; the token orders equal ones.
bool comes_first(const TraceSpan* left, const TraceSpan* right) {
    return std::tuple(left->begin_ns, right->end_ns, left->token) <
           std::tuple(right->begin_ns, left->end_ns, right->token);
}

}  // namespace

std::vector<Lane> lanes_of(std::vector<const TraceSpan*> spans) {
    std::ranges::sort(spans, comes_first);
    std::vector<Lane> lanes;
    std::vector<LaneEnd> ends;
    for (const TraceSpan* span : spans) {
        const auto end = std::ranges::find_if(ends, [&](LaneEnd& one) { return one.takes(*span); });
        const auto index = static_cast<std::size_t>(end - ends.begin());
        if (end != ends.end()) {
            lanes[index].push_back(span);
            continue;
        }
        if (ends.size() < kMaxSharedLanes) ends.emplace_back().takes(*span);
        lanes.push_back({span});
    }
    return lanes;
}

}  // namespace flowtap
