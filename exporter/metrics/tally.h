// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "pipeline/outcome.h"

namespace flowtap {

// The label value of a member of a closed enum; empty for other values. A type whose members count up from 0
// and that has such an overload can be tallied. The switches have no default, so that the compiler finds
// members without a label.
constexpr std::string_view label_of(Status status) {
    switch (status) {
        case Status::kSuccess:
            return "success";
        case Status::kFailed:
            return "failed";
        case Status::kCancelled:
            return "cancelled";
        case Status::kAborted:
            return "aborted";
    }
    return {};
}

constexpr std::string_view label_of(UnpairedReason reason) {
    switch (reason) {
        case UnpairedReason::kEndWithoutBegin:
            return "end_without_begin";
        case UnpairedReason::kLeftWithoutReturn:
            return "left_without_return";
        case UnpairedReason::kInFlightAtAttach:
            return "in_flight_at_attach";
        case UnpairedReason::kTooManyOpen:
            return "too_many_open";
        case UnpairedReason::kUnknownPoint:
            return "unknown_point";
        case UnpairedReason::kLeftAtDetach:
            return "left_at_detach";
        case UnpairedReason::kFailedLate:
            return "failed_late";
        case UnpairedReason::kNodeWithoutWorkflow:
            return "node_without_workflow";
    }
    return {};
}

constexpr std::string_view label_of(PathUnknownReason reason) {
    switch (reason) {
        case PathUnknownReason::kTooManyNodes:
            return "too_many_nodes";
        case PathUnknownReason::kNodeUnattributed:
            return "node_unattributed";
        case PathUnknownReason::kEndNotSeen:
            return "end_not_seen";
        case PathUnknownReason::kEventsLost:
            return "events_lost";
    }
    return {};
}

// Number of members of an enum with label_of().
template <typename Enum>
consteval std::size_t member_count() {
    std::size_t count = 0;
    while (!label_of(static_cast<Enum>(count)).empty()) ++count;
    return count;
}

// One number for each member of a closed enum: every label value exists from the start, at 0.
template <typename Enum>
class Tally {
public:
    static constexpr std::size_t kSize = member_count<Enum>();

    std::uint64_t& operator[](Enum member) { return counts_[static_cast<std::size_t>(member)]; }
    std::uint64_t operator[](Enum member) const { return counts_[static_cast<std::size_t>(member)]; }

    [[nodiscard]] std::uint64_t total() const {
        std::uint64_t sum = 0;
        for (const std::uint64_t count : counts_) sum += count;
        return sum;
    }

    Tally& operator+=(const Tally& more) {
        for (std::size_t index = 0; index < kSize; ++index) counts_[index] += more.counts_[index];
        return *this;
    }

    // Calls visit(member, label, count) in the enum's order.
    template <typename Visit>
    void for_each(Visit visit) const {
        for (std::size_t index = 0; index < kSize; ++index) {
            const auto member = static_cast<Enum>(index);
            visit(member, label_of(member), counts_[index]);
        }
    }

private:
    std::array<std::uint64_t, kSize> counts_{};
};

}  // namespace flowtap
