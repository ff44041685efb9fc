// SPDX-License-Identifier: Apache-2.0
// The kinds of sites: what a hit means, which determines the program, and what the program needs to know of
// the site. Registers are those at the site. `stack_adjust`: the stack pointer there + this = the one at the
// function's first instruction.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "bpf/target.h"
#include "code/instruction.h"
#include "plan/program.h"
#include "sites/landing_sites.h"
#include "sites/site.h"

namespace flowtap {

// The entry of a point's native function.
struct FunctionEntry {
    enum class Means : std::uint8_t {
        kCall,       // a call of the function is an execution
        kKeyedCall,  // the same; the execution has a key
        kBegin,      // an execution begins, which ends at the entry of another function
        kEnd         // such an execution ends
    };
    Means means = Means::kCall;
    int stack_adjust = 0;
    std::uint64_t function = 0;  // its address in the target
    ft_reads reads = {};
};

struct FunctionExit {
    bool keyed = false;  // its executions have keys
    int stack_adjust = 0;
    std::uint8_t flags = 0;  // enum ft_exit_flag
};

struct KernelReturn {};

struct StaticMarker {
    enum class Means : std::uint8_t {
        kBegin,
        kEnd,
        kDone  // the end of an execution, with its duration
    };
    Means means = Means::kBegin;
    ft_reads reads = {};
    std::optional<std::uint64_t> semaphore_offset = {};  // in the file: of the counter of the marker's users
};

// An instruction that leaves native frames, of any function of the process.
struct UnwindLanding {
    bool is_jump = false;  // longjmp
    ValuePlace stack_pointer;
    ValuePlace exception;
};

struct CoroutineEntry {
    enum class Means : std::uint8_t {
        kStep,  // C resumes the coroutine
        kDrive  // C throws into it or closes it
    };
    Means means = Means::kStep;
    int stack_adjust = 0;
    Register coroutine = arch::kArguments[0];
};

struct ReturnToC {
    enum class From : std::uint8_t { kStep, kCall };
    From from = From::kCall;  // a coroutine that C resumed, or a Python object that it called
    int stack_adjust = 0;
    Register result = arch::kResult;
    std::optional<Register> argument = {};  // the callee's first argument, if a register still holds it
};

struct DriveExit {
    int stack_adjust = 0;
};

struct CoroutineCreation {
    Register coroutine = arch::kResult;
};

struct CoroutineCompletion {
    Register frame = arch::kArguments[0];
};

struct CoroutineDestruction {
    enum class Ends : std::uint8_t {
        kAny,                // no other probe observes ends
        kNotSuspended,       // another probe observes those of suspended coroutines
        kUncompleted,        // another probe observes completions
        kUncompletedToClose  // as before, and the coroutine may run once more, to be closed
    };
    Register coroutine = arch::kArguments[0];
    Ends ends = Ends::kAny;
};

// C calls a Python object.
struct CallEntry {
    struct BoundMethod {};  // the object is a bound method
    struct Method {         // the object is a bound method's self
        Register function;
    };
    struct Instance {};                     // the object's class is among the codes
    struct Callable {                       // a bound method or another object
        std::optional<Register> arguments;  // if it is NULL, there is no call
    };
    // What follows self: registers with the positional arguments, their number, and the names of the others.
    struct Arguments {
        Register first;
        Register count;
        Register keywords;
    };
    int stack_adjust = 0;
    Register object = arch::kArguments[0];
    std::variant<BoundMethod, Method, Instance, Callable> called = BoundMethod{};
    std::optional<Arguments> arguments = {};
};

struct VariableChange {
    enum class Means : std::uint8_t { kSet, kReset };
    Means means = Means::kSet;
    Register variable = arch::kArguments[0];
};

struct ContextChange {
    Register variable;
    Register value;
    Register token;
};

struct ContextDestruction {
    Register context = arch::kArguments[0];
};

// A call that begins or ends an execution of its Python caller.
struct MarkingSite {
    std::optional<Register> type = {};  // the called class; nullopt: a C function, known by the address
};

struct RaisedCall {};

// An exception leaves a Python frame.
struct TracebackSite {
    enum class Holds : std::uint8_t { kFrame, kTraceback };
    Register holder = arch::kArguments[0];
    Holds holds = Holds::kFrame;
};

struct FrameKeep {
    Register frame;
};

using SiteDetails = std::variant<FunctionEntry, FunctionExit, KernelReturn, StaticMarker, UnwindLanding,
                                 CoroutineEntry, ReturnToC, DriveExit, CoroutineCreation, CoroutineCompletion,
                                 CoroutineDestruction, CallEntry, VariableChange, ContextChange,
                                 ContextDestruction, MarkingSite, RaisedCall, TracebackSite, FrameKeep>;

// The program that runs at such a site.
Program program_of(const SiteDetails& details);

// The details with the site's stack_adjust, if they have one.
SiteDetails at_site(const Site& site, SiteDetails details);

// What the program reads at a site of native code; null: nothing.
const ft_reads* reads_of(const SiteDetails& details);

}  // namespace flowtap
