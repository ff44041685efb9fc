// SPDX-License-Identifier: Apache-2.0
// A profile's point in one process: how it is observed, or why it is not.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "plan/mechanism_choice.h"
#include "plan/planned/path.h"
#include "plan/point_mechanism.h"
#include "profile/profile.h"

namespace flowtap {

// The source of an id, for people: {"node_id", "this->id_ (std::string): string at REGISTER+0x8"}.
struct IdOrigin {
    std::string id;
    std::string text;
};

// Names for the values of an enumeration.
using EnumNames = std::map<std::int64_t, std::string>;

struct Observed {
    PointMechanism mechanism;
    Exactness exactness = Exactness::kExact;    // Python: how much of its executions the mechanism sees
    std::optional<ExpectedCost> expected = {};  // Python: from the figures of its profile, if it has some
};

// What it needs may appear later, such as a module that is not imported: it is planned again.
struct Waiting {
    std::string why;
    std::optional<PointMechanism> chosen = {};  // if one was chosen before
};

struct Unobserved {
    std::string why;
    bool contradicts_profile = false;           // Python: the profile's claims about it are wrong
    std::optional<PointMechanism> chosen = {};  // if one was chosen, but cannot be used
};

// The value that decides whether an execution without an exception has failed.
struct PlannedOutcome {
    std::optional<int> slot = {};          // the local that begins it; nullopt: the result does
    std::optional<PlannedPath> path = {};  // the steps from there
};

struct PlannedPoint {
    std::string profile;
    Point point;
    std::variant<Observed, Waiting, Unobserved> state = Unobserved{};  // until it is planned
    std::vector<std::string> warnings = {};  // risks, and ways out that are not observed
    std::vector<IdOrigin> origins = {};      // native
    EnumNames workflow_names = {};
    EnumNames node_names = {};
    std::vector<std::string> made_up_names = {};  // the profile's
    std::vector<std::string> notes = {};          // what else is unknown about its executions
    std::vector<std::uint32_t> interpreters =
        {};  // Python: numbers of those with its functions; 0: the main one
    std::optional<PlannedOutcome> outcome = {};  // Python
    std::vector<Candidate> rejected = {};        // Python: the rejected mechanisms

    [[nodiscard]] bool is_observed() const { return std::holds_alternative<Observed>(state); }
    [[nodiscard]] bool is_waiting() const { return std::holds_alternative<Waiting>(state); }
    [[nodiscard]] bool may_be_observed() const { return is_observed() || is_waiting(); }
    [[nodiscard]] bool is_observed_by(PointMechanism mechanism) const;
    [[nodiscard]] bool contradicts_profile() const;
    // Empty if it is observed.
    [[nodiscard]] std::string why_not() const;
    // The chosen mechanism, even if it cannot be used.
    [[nodiscard]] std::optional<PointMechanism> mechanism() const;
    // nullopt if it is not observed.
    [[nodiscard]] std::optional<Exactness> exactness() const;
    [[nodiscard]] std::optional<ExpectedCost> expected() const;

    // The transitions. A chosen mechanism stays known if the point turns out not to be observed by it.
    void observe_by(PointMechanism mechanism, Exactness exactness = Exactness::kExact,
                    std::optional<ExpectedCost> expected = {});
    void wait(std::string why);
    void give_up(std::string why);
    // The profile's claims about it are wrong.
    void refute(std::string why);
    // The same point, where another interpreter does not observe it either: it waits if it waits in one of
    // them, and contradicts the profile if it does in both.
    void join_unobserved(const PlannedPoint& other);

    // Of an observed point: its mechanism misses some executions, or costs more. If it is not known how much
    // more, its cost is not known either.
    void lower_exactness();
    void add_cost(const std::optional<ExpectedCost>& more);
};

}  // namespace flowtap
