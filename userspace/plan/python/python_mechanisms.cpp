// SPDX-License-Identifier: Apache-2.0
#include "plan/python/python_mechanisms.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "plan/expected_hits.h"
#include "plan/machine_limits.h"
#include "plan/python/python_taps.h"

namespace flowtap {
namespace {

// As in unusual_traits() of python/build_traits.h.
constexpr std::string_view kJitOn = "JIT on";

constexpr const char* kOnlyUnpacked =
    "calls seen: object.method(*arguments, **named), and by map(), functools.partial, Context.run(); not by "
    "sorted(key=object.method), filter() and the like";

constexpr const char* kUnseenAwaits = "executions awaited without a task are not exact";

Mechanism named(PointMechanism name) {
    Mechanism mechanism;
    mechanism.candidate.mechanism = name;
    return mechanism;
}

// Adds probes that the mechanism needs: without them it is absent.
void require(Mechanism& mechanism, Taps taps) {
    if (taps) {
        std::ranges::move(*taps, std::back_inserter(mechanism.probes));
    } else if (mechanism.candidate.absent.empty()) {
        mechanism.candidate.absent = taps.error().message();
    }
}

// Adds probes without which the mechanism sees less.
void want(Mechanism& mechanism, Taps taps, const std::string& otherwise) {
    if (taps) {
        std::ranges::move(*taps, std::back_inserter(mechanism.probes));
    } else {
        mechanism.candidate.exactness = Exactness::kIncomplete;
        mechanism.candidate.misses = otherwise + ": " + taps.error().message();
    }
}

Mechanism priced(Mechanism mechanism, const ProcessTaps& taps) {
    if (!mechanism.candidate.absent.empty()) mechanism.probes.clear();
    mechanism.candidate.expected = expected_cost(mechanism.probes, taps.minor(), taps.prices());
    return mechanism;
}

// Ends of coroutines that are destroyed before they have finished. Sites that only such coroutines pass are
// almost never hit, so their price does not matter; destructions are as many as generators.
Taps abandonments(const ProcessTaps& taps) {
    if (Taps rare = taps.find(Tap::kAbandonments)) return rare;
    Taps all = taps.find(Tap::kDeaths);
    if (all)
        for (PlannedProbe& probe : *all) probe.unfinished = true;
    return all;
}

Taps step_entries(const ProcessTaps& taps) {
    Taps steps = taps.find(Tap::kSteps);
    if (steps) {
        std::erase_if(*steps,
                      [](const PlannedProbe& one) { return one.program == Program::kPythonStepExit; });
    }
    return steps;
}

// From 3.13 on, close() marks a generator as completed if it need not run for that, and passes no other site.
Taps deaths_of_closed(const ProcessTaps& taps) {
    Taps all = taps.find(Tap::kDeaths);
    if (all)
        for (PlannedProbe& probe : *all) probe.runs_on = true;
    return all;
}

}  // namespace

WantedTaps wanted_taps(std::span<const Profile> profiles) {
    const auto any_point = [&](const auto& wants) {
        return std::ranges::any_of(profiles, [&](const Profile& profile) {
            return profile.runtime == Runtime::kCPython && std::ranges::any_of(profile.points, wants);
        });
    };
    const bool all_calls =
        any_point([](const Point& point) { return point.call == CallShape::kMethod && !point.unpacked; });
    return {all_calls ? WantedCalls::kAll : WantedCalls::kUnpacked,
            any_point([](const Point& point) { return point.call == CallShape::kGenerator; })};
}

Mechanism method_calls(const ProcessTaps& taps) {
    Mechanism calls = named(kCalls);
    Taps unpacked =
        taps.wanted_calls() == WantedCalls::kUnpacked ? taps.find(Tap::kUnpackedCalls) : Taps(Error{});
    if (unpacked) calls.candidate.misses = kOnlyUnpacked;
    require(calls, unpacked ? std::move(unpacked) : taps.find(Tap::kCalls));
    return priced(std::move(calls), taps);
}

Mechanism instance_calls(const ProcessTaps& taps, std::uint64_t type) {
    Mechanism calls = named(kInstances);
    require(calls, taps.find(Tap::kInstances, type));
    return priced(std::move(calls), taps);
}

Taps ProcessTaps::find(Tap tap, std::uint64_t type) const {
    Taps found = cache_.find(tap, interpreter_, memory_, type);
    if (!found) return found;
    if (std::optional<Error> lack = lack_of_uprobes(*found, settings_.machine)) return *std::move(lack);
    return found;
}

Taps ProcessTaps::find(const MarkingCall& call) const {
    Taps found = call.type != 0 ? class_call_taps(interpreter_, memory_, call.type, call.name)
                                : entry_taps(interpreter_, call.function, call.name);
    if (!found) return found;
    if (std::optional<Error> lack = lack_of_uprobes(*found, settings_.machine)) return *std::move(lack);
    return found;
}

Taps ProcessTaps::births() const {
    if (!wanted_.generators || !inlines_awaits()) return find(Tap::kBirths);
    Taps all = find(Tap::kAllBirths);
    return all ? all : find(Tap::kBirths);
}

std::string ProcessTaps::lack_of_watches() const {
    for (const KernelMechanism watch : {KernelMechanism::kWriteWatch, KernelMechanism::kAccessWatch}) {
        const std::string lack = settings_.machine.lack_of(watch);
        if (!lack.empty())
            return "its calls can only be observed by hardware watches, which do not work here: " + lack;
    }
    const auto& traits = interpreter_.traits();
    if (std::ranges::find(traits, kJitOn) == traits.end()) return {};
    return "code compiled by the JIT does not read its bytecode, so hardware watches do not see its calls";
}

Mechanism bytecode_watches(const ProcessTaps& taps, const std::string& lack) {
    Mechanism watches = named(kWatches);
    watches.candidate.absent = taps.lack_of_watches();
    if (watches.candidate.absent.empty()) watches.candidate.absent = lack;
    require(watches, taps.find(Tap::kTracebacks));
    want(watches, taps.find(Tap::kKeptFrames),
         "calls whose frame objects outlive them end late, or as failed");
    watches = priced(std::move(watches), taps);
    watches.candidate.expected += watched_call_cost(taps.prices());
    return watches;
}

Mechanism context_variable(const ProcessTaps& taps, bool has_token) {
    const std::string unseen = "failures before and after its run (validation) are not seen";
    Mechanism variable = named(kVariable);
    variable.candidate.exactness = Exactness::kCounts;
    variable.candidate.misses = "durations are those of its run, and failures outside of that have none";
    require(variable, taps.find(Tap::kVariable));
    want(variable, taps.find(Tap::kRaises), unseen);
    if (!has_token) {
        variable.candidate.exactness = Exactness::kIncomplete;
        variable.candidate.misses = unseen;
    }
    return priced(std::move(variable), taps);
}

Mechanism context_values(const ProcessTaps& taps) {
    Mechanism values = named(kContexts);
    require(values, taps.find(Tap::kContexts));
    return priced(std::move(values), taps);
}

Mechanism calls_within(const ProcessTaps& taps, const MarkingCall& begin, const MarkingCall& end) {
    Mechanism marks = named(kMarks);
    require(marks, taps.find(begin));
    require(marks, taps.find(end));
    return priced(std::move(marks), taps);
}

Mechanism coroutine_steps(const ProcessTaps& taps) {
    Mechanism steps = named(kSteps);
    require(steps, taps.find(Tap::kSteps));
    Taps births = taps.births();  // they find carriers; nothing else depends on them
    if (births) std::ranges::move(*births, std::back_inserter(steps.probes));
    const bool all_are_steps = !taps.inlines_awaits();
    require(steps, all_are_steps ? abandonments(taps) : taps.find(Tap::kDeaths));
    if (!all_are_steps) {
        steps.candidate.exactness = Exactness::kIncomplete;
        steps.candidate.misses = kUnseenAwaits;
    }
    return priced(std::move(steps), taps);
}

Mechanism coroutine_lifetimes(const ProcessTaps& taps) {
    Mechanism lifetimes = named(kLifetimes);
    if (!taps.inlines_awaits()) {
        lifetimes.candidate.absent = "before CPython 3.12 completions have no probe site of their own";
        return lifetimes;
    }
    require(lifetimes, step_entries(taps));
    want(lifetimes, taps.births(), kUnseenAwaits);
    require(lifetimes, taps.find(Tap::kCompletions));
    require(lifetimes, abandonments(taps));
    return priced(std::move(lifetimes), taps);
}

Mechanism generator_lifetimes(const ProcessTaps& taps) {
    Mechanism lifetimes = named(kGenerators);
    if (!taps.inlines_awaits()) {
        lifetimes.candidate.absent =
            "before CPython 3.12 the end of a generator has no probe site of its own";
        return lifetimes;
    }
    require(lifetimes, step_entries(taps));
    require(lifetimes, taps.find(Tap::kAllBirths));
    require(lifetimes, taps.find(Tap::kCompletions));
    require(lifetimes, taps.find(Tap::kAbandonments));
    require(lifetimes, deaths_of_closed(taps));
    return priced(std::move(lifetimes), taps);
}

}  // namespace flowtap
