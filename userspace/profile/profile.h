// SPDX-License-Identifier: Apache-2.0
// A profile: data that says which functions of an engine are workflows and nodes. probes/README.md describes
// the YAML form, which profile_loader.h reads.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "profile/expected_hits.h"

namespace flowtap {

enum class Runtime : std::uint8_t { kCPython, kNative };
enum class PointKind : std::uint8_t { kWorkflow, kNode };

// How a Python function is called. Decides which mechanisms can observe it.
enum class CallShape : std::uint8_t {
    kCoroutine,  // async def, driven by a task (or any C caller of send)
    kGenerator,  // def or async def that yields, from its first step until it is exhausted or closed
    kMethod,     // object.method(**kwargs): a bound method called through C
    kInstance,   // object(...), called in any way: __call__ of the object's class
    kFunction,   // a plain function or method, however it is called: seen by hardware watches, of which
                 // there are four
    kVariable,   // no call: a ContextVar, from where it is set to a value until it is reset
    kBetween,    // a plain function, from one call that it makes through C to another
};

// How a native function's end is observed.
enum class ExitRule : std::uint8_t {
    kReturn,     // plain uprobes at its return instructions: cannot harm the target
    kUretprobe,  // the kernel's return probe: kills targets that throw or switch stacks
};

// When a native function's return value (an integer or pointer register) means failure.
enum class FailureRule : std::uint8_t { kNever, kNonZero, kZero, kNegative };

// A step from a Python object to one that it refers to.
struct PathStep {
    enum class Kind : std::uint8_t {
        kAttribute,  // .name
        kItem,       // ['name'], of a dict
        kIndex,      // [index], of a list or tuple
    };
    Kind kind = Kind::kAttribute;
    std::string name;
    std::uint32_t index = 0;
    bool operator==(const PathStep&) const = default;
};

// A variable of a Python function (a local, an argument or a free variable), and up to kMaxSteps steps from
// its value.
struct PythonPath {
    static constexpr std::size_t kMaxSteps = 4;
    std::string local;  // empty: no path
    std::vector<PathStep> steps;
    bool operator==(const PythonPath&) const = default;
};

// The status of an execution that ended with this exception class, if that is not `failed`: for example a
// Retry.
enum class ErrorStatus : std::uint8_t { kSuccess, kFailed, kCancelled };

// Decides whether an execution that ended without an exception has failed. It compares a value (the result, a
// local at the end, or something reached from that) with a constant, or checks whether it is an exception.
struct OutcomeRule {
    static constexpr std::size_t kMostStatuses = 32;
    std::string local = {};  // empty: the result
    std::vector<PathStep> steps = {};
    bool differs = false;
    std::optional<std::string> value = {};  // as a label shows it; nullopt: None
    bool by_exception = false;  // failed if the value is an exception; `differs` and `value` are unused then
    bool operator==(const OutcomeRule&) const = default;
};

// The type of a native value. kDeclared: the type in the parameter's debug information or in the marker's
// note.
enum class NativeType : std::uint8_t {
    kDeclared,
    kCString,       // char *, ended by a zero byte
    kString,        // std::string of libstdc++
    kLibcxxString,  // std::string of libc++
    kStringView,    // std::string_view of libstdc++: a length, then a pointer
    kStr,           // a pointer, then a length: Rust's &str, libc++'s std::string_view
    kInt8,
    kUint8,
    kInt16,
    kUint16,
    kInt32,
    kUint32,
    kInt64,
    kUint64,
};

// A native value by position. Arguments of functions are counted from 0 among those that the System V ABI
// passes in integer registers (0 to 5) or, after those, on the stack; arguments of markers, among the
// marker's own.
struct NativeArgument {
    static constexpr int kMaxIndex = 31;
    static constexpr std::size_t kMaxHops = 6;
    int index = 0;
    NativeType type = NativeType::kCString;
    std::vector<std::int32_t> hops = {};  // "arg0->8->16": the value 16 bytes behind *(arg0 + 8)
    std::optional<std::uint8_t> machine_register = {};  // instead of the index, by hardware number
    bool operator==(const NativeArgument&) const = default;
};

// A native value by the names in the debug information: "this->spec.id".
struct NativePath {
    static constexpr std::size_t kMaxMembers = 8;
    std::string parameter;
    std::vector<std::string> members;
    bool operator==(const NativePath&) const = default;
};

using IdSource = std::variant<std::monostate, PythonPath, NativeArgument, NativePath>;

struct IdSources {
    IdSource workflow_id;
    IdSource workflow_name;  // used if the id is made up (a UUID)
    IdSource node_id;
    bool operator==(const IdSources&) const = default;
};

// Python only, "module:qualified.name"; split at the colon.
struct PythonFunction {
    std::string module;
    std::string qualname;

    // Its last part: a method's own name.
    [[nodiscard]] std::string name() const { return qualname.substr(qualname.rfind('.') + 1); }
    bool operator==(const PythonFunction&) const = default;
};

// A function above a node's on the Python stack, with locals that identify the node or its workflow.
struct CallerContext {
    PythonFunction function;
    IdSources ids;
    int line = 0;
    bool operator==(const CallerContext&) const = default;
};

// A coroutine function whose creation hands a node to another thread or task. Where it is created, the stack
// still has the node's ids.
struct Carrier {
    PythonFunction function;
    std::string node;  // the local (or free) variable that holds the node
    int line = 0;
    bool operator==(const Carrier&) const = default;
};

// Native: static markers (USDT) in place of a function, as provider:name. Either a begin and an end, or one
// at the end with the duration.
struct Markers {
    std::string begin;
    std::string end;
    std::string done;
    IdSource key;       // the same argument of begin and end; none: matched by thread
    IdSource duration;  // of done, in nanoseconds
    IdSource result;    // of end or done: the value for failed_when
    bool operator==(const Markers&) const = default;
    [[nodiscard]] bool any() const { return !begin.empty() || !end.empty() || !done.empty(); }
};

// Native functions whose executions are matched by a key that the engine passes, because they may continue on
// another thread, or begin in one function and end in another.
struct KeyedFunction {
    std::string
        end;       // an execution ends at the entry of this function; empty: at the return of the first one
    IdSource key;  // argument of the function that begins it; none: matched by the stack
    IdSource end_key;  // argument of the function that ends it
    IdSource result;   // argument of the function that ends it: the value for failed_when
    bool operator==(const KeyedFunction&) const = default;
    [[nodiscard]] bool is_keyed() const { return !std::holds_alternative<std::monostate>(key); }
};

struct Point {
    std::string name;
    PointKind kind = PointKind::kNode;
    int line = 0;  // of the profile file, for messages
    // What the point does not see of the engine, however it is observed: sentences for people.
    std::vector<std::string> limits;

    // Python
    PythonFunction function;  // with kVariable: the ContextVar, as "module:name"
    CallShape call = CallShape::kMethod;
    // With kBetween: the calls in the function at which an execution begins and ends. A class, a built-in
    // function, or a method of a built-in class.
    PythonFunction begins_at;
    PythonFunction ends_at;
    // With kMethod: every call is object.method(*arguments, **named), or made by map(), functools.partial,
    // Context.run() or the like. No caller passes one object or nothing, as sorted(key=object.method) does.
    bool unpacked = false;
    bool overrides = false;  // also observe every override of the method in loaded subclasses
    // Only calls whose nearest known function up the stack is one of `callers`: other calls belong to
    // something else.
    bool only_from_callers = false;
    std::vector<CallerContext> callers;
    std::vector<Carrier> carriers;
    // A module's ContextVar that the function sets when it begins and resets, in a finally block, when it
    // ends: the cheapest thing to observe. Failures outside that block are observed if the function keeps the
    // token, which set() returned, in the local `context_token`.
    std::optional<PythonFunction> context_variable;
    std::string context_token;
    // Overrides that always call the function itself, or another point, on the same object: with the context
    // variable they need no probes of their own.
    std::vector<PythonFunction> passing_on;
    std::optional<OutcomeRule> outcome;
    // A coroutine function: an execution that calls it has failed, if no exception leaves it.
    std::optional<PythonFunction> failed_by;
    std::map<std::string, ErrorStatus> statuses;  // by the exception class's own name

    // Native: a symbol. C++ names as nm prints them: mangled, or demangled up to the parenthesis.
    std::string symbol;  // with markers or two functions: the symbol of begin or done
    Markers markers;
    KeyedFunction keyed;
    ExitRule exit = ExitRule::kReturn;
    FailureRule failure = FailureRule::kNever;

    // Read from the function's own arguments and locals.
    IdSources ids;
    bool ids_at_end = false;  // Python: read when an execution ends, not when it begins
    // Python: where the node's type comes from: a string is the type itself; of any other object, its class
    // is ("self"). Empty: the function's own name. The path's local is the node's object.
    PythonPath node_type;
    bool operator==(const Point&) const = default;
};

inline constexpr std::string_view kBuiltInSource = "built-in";

struct Profile {
    std::string name;
    std::string source;  // the file it was read from, or kBuiltInSource
    Runtime runtime = Runtime::kCPython;
    std::vector<std::string> modules;   // Python: the profile fits if one of these is imported
    std::vector<std::string> binaries;  // native: it fits if one of these (base names) is mapped
    // Shapes of the names that the engine generates for workflows without a name; 'x' matches a hexadecimal
    // digit.
    std::vector<std::string> made_up_names;
    ExpectedHits expected_hits;  // Python
    std::vector<Point> points;

    [[nodiscard]] bool is_built_in() const { return source == kBuiltInSource; }
};

}  // namespace flowtap
