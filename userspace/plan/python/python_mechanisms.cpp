// SPDX-License-Identifier: Apache-2.0
#include "plan/python/python_mechanisms.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "plan/machine_limits.h"
#include "plan/python/probes/python_probes.h"

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
void require(Mechanism& mechanism, FoundProbes found) {
    if (found) {
        std::ranges::move(*found, std::back_inserter(mechanism.probes));
    } else if (mechanism.candidate.absent.empty()) {
        mechanism.candidate.absent = found.error().message();
    }
}

// Adds probes without which the mechanism sees less.
void want(Mechanism& mechanism, FoundProbes found, const std::string& otherwise) {
    if (found) {
        std::ranges::move(*found, std::back_inserter(mechanism.probes));
    } else {
        mechanism.candidate.exactness = Exactness::kIncomplete;
        mechanism.candidate.misses = otherwise + ": " + found.error().message();
    }
}

// Probes that were found are of no use if others are missing.
Mechanism without_probes_if_absent(Mechanism mechanism) {
    if (!mechanism.candidate.absent.empty()) mechanism.probes.clear();
    return mechanism;
}

// Destructions, of which only these show the end of a coroutine.
FoundProbes destructions(const ProcessProbes& process, CoroutineDestruction::Ends ends) {
    FoundProbes all = process.find(InterpreterEvent::kDestructions);
    if (!all) return all;
    for (PlannedProbe& probe : *all)
        if (auto* destruction = std::get_if<CoroutineDestruction>(&probe.details)) destruction->ends = ends;
    return all;
}

// Ends of coroutines that are destroyed before they have finished. Sites that only such coroutines pass are
// almost never hit, so their price does not matter; destructions are as many as generators.
FoundProbes abandonments(const ProcessProbes& process) {
    if (FoundProbes rare = process.find(InterpreterEvent::kAbandonments)) return rare;
    return destructions(process, CoroutineDestruction::Ends::kUncompleted);
}

FoundProbes step_entries(const ProcessProbes& process) {
    FoundProbes steps = process.find(InterpreterEvent::kSteps);
    if (steps) {
        std::erase_if(*steps,
                      [](const PlannedProbe& one) { return one.program() == Program::kPythonStepExit; });
    }
    return steps;
}

// From 3.13 on, close() marks a generator as completed if it need not run for that, and passes no other site.
FoundProbes destructions_of_closed(const ProcessProbes& process) {
    return destructions(process, CoroutineDestruction::Ends::kNotSuspended);
}

}  // namespace

WantedProbes wanted_probes(std::span<const Profile> profiles) {
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

Mechanism method_calls(const ProcessProbes& process) {
    Mechanism calls = named(kCalls);
    FoundProbes unpacked = process.wanted_calls() == WantedCalls::kUnpacked
                               ? process.find(InterpreterEvent::kUnpackedCalls)
                               : FoundProbes(Error{});
    if (unpacked) calls.candidate.misses = kOnlyUnpacked;
    require(calls, unpacked ? std::move(unpacked) : process.find(InterpreterEvent::kCalls));
    return without_probes_if_absent(std::move(calls));
}

Mechanism instance_calls(const ProcessProbes& process, std::uint64_t type) {
    Mechanism calls = named(kInstances);
    require(calls, process.find(InterpreterEvent::kInstances, type));
    return without_probes_if_absent(std::move(calls));
}

FoundProbes ProcessProbes::find(InterpreterEvent event, std::uint64_t type) const {
    FoundProbes found = cache_.find(event, interpreter_, memory_, type);
    if (!found) return found;
    if (std::optional<Error> lack = lack_of_uprobes(*found, settings_.machine)) return *std::move(lack);
    return found;
}

FoundProbes ProcessProbes::find(const MarkingCall& call) const {
    FoundProbes found = call.type != 0 ? class_call_probes(interpreter_, memory_, call.type, call.name)
                                       : entry_probes(interpreter_, call.function, call.name);
    if (!found) return found;
    if (std::optional<Error> lack = lack_of_uprobes(*found, settings_.machine)) return *std::move(lack);
    return found;
}

FoundProbes ProcessProbes::creations() const {
    if (!wanted_.generators || !inlines_awaits()) return find(InterpreterEvent::kCreations);
    FoundProbes all = find(InterpreterEvent::kAllCreations);
    return all ? all : find(InterpreterEvent::kCreations);
}

std::string why_unwatched(const MachineFacts& machine, const std::vector<std::string>& traits) {
    for (const KernelMechanism watch : {KernelMechanism::kWriteWatch, KernelMechanism::kAccessWatch}) {
        const std::string lack = machine.lack_of(watch);
        if (!lack.empty())
            return "its calls can only be observed by hardware watches, which do not work here: " + lack;
    }
    if (std::ranges::find(traits, kJitOn) == traits.end()) return {};
    return "code compiled by the JIT does not read its bytecode, so hardware watches do not see its calls; "
           "set PYTHON_JIT=0 in the environment of the program";
}

Mechanism bytecode_watches(const ProcessProbes& process, const std::string& lack) {
    Mechanism watches = named(kWatches);
    watches.candidate.absent = process.lack_of_watches();
    if (watches.candidate.absent.empty()) watches.candidate.absent = lack;
    require(watches, process.find(InterpreterEvent::kTracebacks));
    want(watches, process.find(InterpreterEvent::kKeptFrames),
         "calls whose frame objects outlive them end late, or as failed");
    return without_probes_if_absent(std::move(watches));
}

Mechanism context_variable(const ProcessProbes& process, bool has_token) {
    const std::string unseen =
        "failures before the variable is set and after it is reset (validation) are not seen";
    Mechanism variable = named(kVariable);
    variable.candidate.exactness = Exactness::kCounts;
    variable.candidate.misses =
        "durations last from the variable's set to its reset; failures outside of that have no duration";
    require(variable, process.find(InterpreterEvent::kVariable));
    want(variable, process.find(InterpreterEvent::kRaises), unseen);
    if (!has_token) {
        variable.candidate.exactness = Exactness::kIncomplete;
        variable.candidate.misses = unseen;
    }
    return without_probes_if_absent(std::move(variable));
}

Mechanism context_values(const ProcessProbes& process) {
    Mechanism values = named(kContexts);
    require(values, process.find(InterpreterEvent::kContexts));
    return without_probes_if_absent(std::move(values));
}

Mechanism calls_within(const ProcessProbes& process, const MarkingCall& begin, const MarkingCall& end) {
    Mechanism marks = named(kMarks);
    require(marks, process.find(begin));
    require(marks, process.find(end));
    return without_probes_if_absent(std::move(marks));
}

Mechanism coroutine_steps(const ProcessProbes& process) {
    Mechanism steps = named(kSteps);
    require(steps, process.find(InterpreterEvent::kSteps));
    FoundProbes creations = process.creations();  // they find carriers; nothing else depends on them
    if (creations) std::ranges::move(*creations, std::back_inserter(steps.probes));
    const bool all_are_steps = !process.inlines_awaits();
    require(steps, all_are_steps ? abandonments(process) : process.find(InterpreterEvent::kDestructions));
    if (!all_are_steps) {
        steps.candidate.exactness = Exactness::kIncomplete;
        steps.candidate.misses = kUnseenAwaits;
    }
    return without_probes_if_absent(std::move(steps));
}

Mechanism coroutine_lifetimes(const ProcessProbes& process) {
    Mechanism lifetimes = named(kLifetimes);
    if (!process.inlines_awaits()) {
        lifetimes.candidate.absent = "before CPython 3.12 completions have no probe site of their own";
        return lifetimes;
    }
    require(lifetimes, step_entries(process));
    want(lifetimes, process.creations(), kUnseenAwaits);
    require(lifetimes, process.find(InterpreterEvent::kCompletions));
    require(lifetimes, abandonments(process));
    return without_probes_if_absent(std::move(lifetimes));
}

Mechanism generator_lifetimes(const ProcessProbes& process) {
    Mechanism lifetimes = named(kGenerators);
    if (!process.inlines_awaits()) {
        lifetimes.candidate.absent =
            "before CPython 3.12 the end of a generator has no probe site of its own";
        return lifetimes;
    }
    require(lifetimes, step_entries(process));
    require(lifetimes, process.find(InterpreterEvent::kAllCreations));
    require(lifetimes, process.find(InterpreterEvent::kCompletions));
    require(lifetimes, process.find(InterpreterEvent::kAbandonments));
    require(lifetimes, destructions_of_closed(process));
    return without_probes_if_absent(std::move(lifetimes));
}

}  // namespace flowtap
