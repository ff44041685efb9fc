// SPDX-License-Identifier: Apache-2.0
#include "targets/watched_process.h"

#include <algorithm>
#include <cassert>

namespace flowtap {
namespace {

struct Transition {
    ProcessState state;
    ProcessEvent event;
    ProcessState after;
};

constexpr auto kTransitions = std::to_array<Transition>({
    {ProcessState::kCandidate, ProcessEvent::kRefused, ProcessState::kWaiting},
    {ProcessState::kCandidate, ProcessEvent::kAttached, ProcessState::kAttached},
    {ProcessState::kCandidate, ProcessEvent::kStarted, ProcessState::kCandidate},
    {ProcessState::kWaiting, ProcessEvent::kRefused, ProcessState::kWaiting},
    {ProcessState::kWaiting, ProcessEvent::kAttached, ProcessState::kAttached},
    {ProcessState::kWaiting, ProcessEvent::kStarted, ProcessState::kCandidate},
    {ProcessState::kWaiting, ProcessEvent::kForgotten, ProcessState::kCandidate},
    {ProcessState::kAttached, ProcessEvent::kExtended, ProcessState::kAttached},
    {ProcessState::kAttached, ProcessEvent::kStarted, ProcessState::kAttached},
    {ProcessState::kAttached, ProcessEvent::kEnded, ProcessState::kEnding},
    {ProcessState::kAttached, ProcessEvent::kRetired, ProcessState::kCandidate},
    {ProcessState::kAttached, ProcessEvent::kReleased, ProcessState::kDetaching},
    {ProcessState::kEnding, ProcessEvent::kStarted, ProcessState::kEnding},
    {ProcessState::kEnding, ProcessEvent::kEnded, ProcessState::kEnding},
    {ProcessState::kEnding, ProcessEvent::kRetired, ProcessState::kCandidate},
    {ProcessState::kEnding, ProcessEvent::kReleased, ProcessState::kDetaching},
    {ProcessState::kDetaching, ProcessEvent::kDetached, ProcessState::kDetached},
    {ProcessState::kDetaching, ProcessEvent::kStarted, ProcessState::kDetaching},
    {ProcessState::kDetached, ProcessEvent::kAttached, ProcessState::kAttached},
    {ProcessState::kDetached, ProcessEvent::kRefused, ProcessState::kWaiting},
    {ProcessState::kDetached, ProcessEvent::kStarted, ProcessState::kDetached},
    {ProcessState::kDetached, ProcessEvent::kForgotten, ProcessState::kCandidate},
});

}  // namespace

std::optional<ProcessState> state_after(ProcessState state, ProcessEvent event) {
    const auto row = std::ranges::find_if(
        kTransitions, [&](const Transition& one) { return one.state == state && one.event == event; });
    return row == kTransitions.end() ? std::nullopt : std::optional(row->after);
}

void WatchedProcess::apply(ProcessEvent event) {
    const std::optional<ProcessState> after = state_after(state_, event);
    assert(after.has_value());
    if (!after) return;
    state_ = *after;
    if (!has_probes()) {
        target.reset();
        to_be_compared = false;
    }
    if (state_ != ProcessState::kWaiting) {
        waiting.reset();
        refusal.reset();
    }
    if (state_ != ProcessState::kDetaching && state_ != ProcessState::kDetached) attach_again = false;
}

}  // namespace flowtap
