// SPDX-License-Identifier: Apache-2.0
// How executions of a Python function can be seen in one interpreter: the probes of each mechanism, what they
// cost and what they miss.
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

// Which calls of bound methods the points are about.
enum class WantedCalls : std::uint8_t {
    kAll,
    kUnpacked,  // as Point::unpacked says
};

// What all profiles together want: two places for one call, or one birth, would tell of it twice.
struct WantedTaps {
    WantedCalls calls = WantedCalls::kAll;
    bool generators = false;  // else births are those of coroutines, where that can be
};
WantedTaps wanted_taps(std::span<const Profile> profiles);

// What a function calls where one of its executions begins, or ends.
struct MarkingCall {
    std::string name;            // for people
    std::uint64_t type = 0;      // the class that is called; 0: a function written in C
    std::uint64_t function = 0;  // its run-time address
};

// The taps of one process's interpreter, and by what they are chosen.
class ProcessTaps {
public:
    // The settings must outlive this.
    ProcessTaps(TapCache& cache, const Interpreter& interpreter, const Memory& memory,
                const PlanSettings& settings, WantedTaps wanted = {})
        : cache_(cache), interpreter_(interpreter), memory_(memory), settings_(settings), wanted_(wanted) {}

    // Errors: also where the uprobes that it takes do not work on this machine.
    [[nodiscard]] Taps find(Tap tap, std::uint64_t type = 0) const;
    // Where a call is made that begins or ends executions of the function that makes it.
    [[nodiscard]] Taps find(const MarkingCall& call) const;
    // Where coroutines are made; generators too, if a profile wants those and they can be seen.
    [[nodiscard]] Taps births() const;
    [[nodiscard]] WantedCalls wanted_calls() const { return wanted_.calls; }
    [[nodiscard]] const PlanWishes& wishes() const { return settings_.wishes; }
    [[nodiscard]] const Prices& prices() const { return settings_.machine.prices; }
    // Why nothing can be seen of a function's bytecode; empty: it can.
    [[nodiscard]] std::string lack_of_watches() const;
    [[nodiscard]] unsigned minor() const { return interpreter_.version().minor; }
    // Whether no C function shows the steps of a coroutine that is awaited.
    [[nodiscard]] bool inlines_awaits() const {
        return interpreter_.version().awaits == AwaitShape::kInlined;
    }

private:
    TapCache& cache_;
    const Interpreter& interpreter_;
    const Memory& memory_;
    const PlanSettings& settings_;
    WantedTaps wanted_;
};

struct Mechanism {
    Candidate candidate;
    std::vector<PlannedProbe> probes;  // empty where it is absent
};

// Every call of a bound method from C; or, where nobody wants others and this build has the places, those
// that unpack their arguments.
Mechanism method_calls(const ProcessTaps& taps);

// Every call of an object of a class with a __call__ of its own. `type`: any such class.
Mechanism instance_calls(const ProcessTaps& taps, std::uint64_t type);

// The calls of one function, where its bytecode is read and its code object let go. `lack`: why not of this
// one; empty: it can be.
Mechanism bytecode_watches(const ProcessTaps& taps, const std::string& lack);

// Where a ContextVar is set and reset, and where calls turn out to have raised. `has_token`: the function
// keeps what setting the variable returned, so that failures outside of that are seen.
Mechanism context_variable(const ProcessTaps& taps, bool has_token);

// Executions as the values of a ContextVar: where it is set and reset, and where its context ends.
Mechanism context_values(const ProcessTaps& taps);

// Executions that lie between two calls which a function makes.
Mechanism calls_within(const ProcessTaps& taps, const MarkingCall& begin, const MarkingCall& end);

// Coroutines by the steps that C drives. Before 3.12 that is every step; later only those of tasks.
Mechanism coroutine_steps(const ProcessTaps& taps);

// Coroutines by what is seen of each, also of those that are awaited: births, and completions, which pass a
// place of their own from 3.12 on; and the steps that C drives.
Mechanism coroutine_lifetimes(const ProcessTaps& taps);

// Generators, asynchronous ones too, however they are iterated.
Mechanism generator_lifetimes(const ProcessTaps& taps);

}  // namespace flowtap
