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

using State = ProcessState;
using Event = ProcessEvent;

constexpr auto kTransitions = std::to_array<Transition>({
    {State::kCandidate, Event::kRefused, State::kWaiting},
    {State::kCandidate, Event::kAttached, State::kAttached},
    {State::kCandidate, Event::kStarted, State::kCandidate},
    {State::kWaiting, Event::kRefused, State::kWaiting},
    {State::kWaiting, Event::kAttached, State::kAttached},
    {State::kWaiting, Event::kStarted, State::kCandidate},
    {State::kWaiting, Event::kForgotten, State::kCandidate},
    {State::kAttached, Event::kExtended, State::kAttached},
    {State::kAttached, Event::kStarted, State::kAttached},
    {State::kAttached, Event::kEnded, State::kEnding},
    {State::kAttached, Event::kRetired, State::kCandidate},
    {State::kAttached, Event::kReleased, State::kDetaching},
    {State::kEnding, Event::kStarted, State::kEnding},
    {State::kEnding, Event::kEnded, State::kEnding},
    {State::kEnding, Event::kRetired, State::kCandidate},
    {State::kEnding, Event::kReleased, State::kDetaching},
    {State::kDetaching, Event::kDetached, State::kDetached},
    {State::kDetaching, Event::kStarted, State::kDetaching},
    {State::kDetached, Event::kAttached, State::kAttached},
    {State::kDetached, Event::kRefused, State::kWaiting},
    {State::kDetached, Event::kStarted, State::kDetached},
    {State::kDetached, Event::kForgotten, State::kCandidate},
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
