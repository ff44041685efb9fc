// SPDX-License-Identifier: Apache-2.0
// How executions of a Python function can be observed in one interpreter: the probes of each mechanism, and
// what they miss.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "machine/machine_facts.h"
#include "plan/mechanism_choice.h"
#include "plan/plan_cache.h"

namespace flowtap {

inline constexpr PointMechanism kLifetimes = PointMechanism::kCoroutineLifetimes;
inline constexpr PointMechanism kSteps = PointMechanism::kCoroutineSteps;
inline constexpr PointMechanism kGenerators = PointMechanism::kGeneratorLifetimes;
inline constexpr PointMechanism kCalls = PointMechanism::kMethodCalls;
inline constexpr PointMechanism kVariable = PointMechanism::kContextVariable;
inline constexpr PointMechanism kContexts = PointMechanism::kContextValues;
inline constexpr PointMechanism kInstances = PointMechanism::kInstanceCalls;
inline constexpr PointMechanism kWatches = PointMechanism::kBytecodeWatches;
inline constexpr PointMechanism kMarks = PointMechanism::kMarkingCalls;

// Which calls of bound methods the points need.
enum class WantedCalls : std::uint8_t {
    kAll,
    kUnpacked,  // only those described at Point::unpacked
};

// What all profiles together need. Two sites for one call, or for one creation, would report it twice.
struct WantedProbes {
    WantedCalls calls = WantedCalls::kAll;
    bool generators = false;  // also creations of generators; otherwise only of coroutines, if possible
};
WantedProbes wanted_probes(std::span<const Profile> profiles);

// What a function calls at the begin or end of one of its executions.
struct MarkingCall {
    std::string name;            // for people
    std::uint64_t type = 0;      // the class that is called; 0: a function written in C
    std::uint64_t function = 0;  // run-time address of the C function
};

// Why no bytecode can be watched on a machine, in an interpreter with these traits; empty: it can.
std::string why_unwatched(const MachineFacts& machine, const std::vector<std::string>& traits);

// The probes of one process's interpreter, and what they depend on.
class ProcessProbes {
public:
    // The settings must outlive this.
    ProcessProbes(ProbeCache& cache, const Interpreter& interpreter, const Memory& memory,
                  const PlanSettings& settings, WantedProbes wanted = {})
        : cache_(cache), interpreter_(interpreter), memory_(memory), settings_(settings), wanted_(wanted) {}

    // Errors: also if its uprobes do not work on this machine.
    [[nodiscard]] FoundProbes find(InterpreterEvent event, std::uint64_t type = 0) const;
    // Sites of a call that begins or ends executions of its calling function.
    [[nodiscard]] FoundProbes find(const MarkingCall& call) const;
    // Sites where coroutines are created; generators too, if a profile needs those and they can be observed.
    [[nodiscard]] FoundProbes creations() const;
    [[nodiscard]] WantedCalls wanted_calls() const { return wanted_.calls; }
    [[nodiscard]] const PlanWishes& wishes() const { return settings_.wishes; }
    [[nodiscard]] const Prices& prices() const { return settings_.machine.prices; }
    // Why a function's bytecode cannot be watched; empty: it can.
    [[nodiscard]] std::string lack_of_watches() const {
        return why_unwatched(settings_.machine, interpreter_.traits());
    }
    [[nodiscard]] unsigned minor() const { return interpreter_.version().minor; }
    // Whether awaited coroutines are stepped without a C function.
    [[nodiscard]] bool inlines_awaits() const {
        return interpreter_.version().awaits == AwaitShape::kInlined;
    }

private:
    ProbeCache& cache_;
    const Interpreter& interpreter_;
    const Memory& memory_;
    const PlanSettings& settings_;
    WantedProbes wanted_;
};

struct Mechanism {
    Candidate candidate;               // without its expected cost, which depends on the engine
    std::vector<PlannedProbe> probes;  // empty if it is absent
};

// Every call of a bound method from C; or only those that unpack their arguments, if no point needs others
// and this build has sites for them.
Mechanism method_calls(const ProcessProbes& process);

// Every call of an object whose class has its own __call__. `type`: any such class.
Mechanism instance_calls(const ProcessProbes& process, std::uint64_t type);

// The calls of one function: hardware watches on the read of its bytecode and the release of its code object.
// `lack`: why this function cannot be watched; empty: it can.
Mechanism bytecode_watches(const ProcessProbes& process, const std::string& lack);

// Sites where a ContextVar is set and reset, and where calls turn out to have raised. `has_token`: the
// function keeps the token, so that failures outside the set region are observed.
Mechanism context_variable(const ProcessProbes& process, bool has_token);

// Executions as the values of a ContextVar: sites where it is set and reset, and where its context ends.
Mechanism context_values(const ProcessProbes& process);

// Executions between two calls that a function makes.
Mechanism calls_within(const ProcessProbes& process, const MarkingCall& begin, const MarkingCall& end);

// Coroutines, by the steps that C drives. Before 3.12 that is every step; later only those of tasks.
Mechanism coroutine_steps(const ProcessProbes& process);

// Coroutines, including awaited ones, by their creations, their completions (which have a site of their own
// from 3.12 on), and the steps that C drives.
Mechanism coroutine_lifetimes(const ProcessProbes& process);

// Generators, including asynchronous ones, however they are iterated.
Mechanism generator_lifetimes(const ProcessProbes& process);

}  // namespace flowtap
