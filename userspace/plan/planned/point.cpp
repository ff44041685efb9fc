// SPDX-License-Identifier: Apache-2.0
#include "plan/planned/point.h"

#include <utility>

namespace flowtap {

bool PlannedPoint::is_observed_by(PointMechanism mechanism) const {
    const auto* observed = std::get_if<Observed>(&state);
    return observed != nullptr && observed->mechanism == mechanism;
}

bool PlannedPoint::contradicts_profile() const {
    const auto* unobserved = std::get_if<Unobserved>(&state);
    return unobserved != nullptr && unobserved->contradicts_profile;
}

std::string PlannedPoint::why_not() const {
    if (const auto* waiting = std::get_if<Waiting>(&state)) return waiting->why;
    if (const auto* unobserved = std::get_if<Unobserved>(&state)) return unobserved->why;
    return {};
}

std::optional<PointMechanism> PlannedPoint::mechanism() const {
    if (const auto* waiting = std::get_if<Waiting>(&state)) return waiting->chosen;
    if (const auto* unobserved = std::get_if<Unobserved>(&state)) return unobserved->chosen;
    return std::get<Observed>(state).mechanism;
}

std::optional<Exactness> PlannedPoint::exactness() const {
    const auto* observed = std::get_if<Observed>(&state);
    return observed == nullptr ? std::nullopt : std::optional(observed->exactness);
}

std::optional<ExpectedCost> PlannedPoint::expected() const {
    const auto* observed = std::get_if<Observed>(&state);
    return observed == nullptr ? std::nullopt : observed->expected;
}

void PlannedPoint::observe_by(PointMechanism mechanism, Exactness exactness,
                              std::optional<ExpectedCost> expected) {
    state = Observed{mechanism, exactness, expected};
}

void PlannedPoint::wait(std::string why) { state = Waiting{std::move(why), mechanism()}; }

void PlannedPoint::give_up(std::string why) { state = Unobserved{std::move(why), false, mechanism()}; }

void PlannedPoint::refute(std::string why) { state = Unobserved{std::move(why), true}; }

void PlannedPoint::join_unobserved(const PlannedPoint& other) {
    auto* unobserved = std::get_if<Unobserved>(&state);
    if (unobserved == nullptr) return;
    if (other.is_waiting()) return wait(std::move(unobserved->why));
    unobserved->contradicts_profile = unobserved->contradicts_profile && other.contradicts_profile();
}

void PlannedPoint::lower_exactness() {
    if (auto* observed = std::get_if<Observed>(&state)) observed->exactness = Exactness::kIncomplete;
}

void PlannedPoint::add_cost(const std::optional<ExpectedCost>& more) {
    auto* observed = std::get_if<Observed>(&state);
    if (observed == nullptr || !observed->expected) return;
    if (more) {
        *observed->expected += *more;
    } else {
        observed->expected.reset();
    }
}

}  // namespace flowtap
