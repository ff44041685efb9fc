// SPDX-License-Identifier: Apache-2.0
// A profile: data that says which points of an engine are workflows and nodes. See probes/README.md
// for the YAML form; profile_loader.h reads it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace flowtap {

enum class Runtime : std::uint8_t { kCPython, kNative };
enum class PointKind : std::uint8_t { kWorkflow, kNode };

// How a Python function is called, which decides what can see it.
enum class CallShape : std::uint8_t {
    kCoroutine,  // async def, driven by a task (or any C caller of send)
    kGenerator,  // def or async def that yields, from its first step until it is exhausted or closed
    kMethod,     // object.method(**kwargs): a bound method called through C
    kInstance,   // object(...), however it is written: __call__ of the object's class
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

// From a Python object to one that it has.
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

// A variable of a Python function (a local, an argument, one from around it) and up to kMaxSteps steps from
// it.
struct PythonPath {
    static constexpr std::size_t kMaxSteps = 4;
    std::string local;  // empty: no path
    std::vector<PathStep> steps;
    bool operator==(const PythonPath&) const = default;
};

// What an exception class means, where that is not a failure: a Retry, for one.
enum class ErrorStatus : std::uint8_t { kSuccess, kFailed, kCancelled };

// When an execution that no exception left has failed all the same: what it returned, or one of its locals
// then, or what is reached from that, equals a constant, or differs from it; or is an exception.
struct OutcomeRule {
    static constexpr std::size_t kMostStatuses = 32;
    std::string local = {};  // empty: what it returned
    std::vector<PathStep> steps = {};
    bool differs = false;
    std::optional<std::string> value = {};  // as a label shows it; none: None
    bool by_exception = false;              // failed if it is an exception: neither `differs` nor `value`
    bool operator==(const OutcomeRule&) const = default;
};

// What a native id is. kDeclared: what the parameter's debug information or the marker's note says.
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

// A native value by position. For functions arguments are counted from 0 among those that the System V ABI
// passes in integer registers (0 to 5) or, after those, on the stack; for markers, among the marker's own.
struct NativeArgument {
    static constexpr int kMaxIndex = 31;
    static constexpr std::size_t kMaxHops = 6;
    int index = 0;
    NativeType type = NativeType::kCString;
    std::vector<std::int32_t> hops = {};  // "arg0->8->16": what lies 16 bytes behind *(arg0 + 8)
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
    IdSource workflow_name;  // used where the id is made up (a UUID)
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

// A function above a node's on the Python stack whose locals know which workflow and node it is.
struct CallerContext {
    PythonFunction function;
    IdSources ids;
    int line = 0;
    bool operator==(const CallerContext&) const = default;
};

// A coroutine function whose creation hands a node to another thread or task; where it is made, the stack
// still knows the node's ids.
struct Carrier {
    PythonFunction function;
    std::string node;  // its local (or free) variable that holds the node
    int line = 0;
    bool operator==(const Carrier&) const = default;
};

// Native: static markers (USDT) in place of a function, as provider:name. Either a begin and an end, or one
// at the end that tells how long it took.
struct Markers {
    std::string begin;
    std::string end;
    std::string done;
    IdSource key;       // the same argument of begin and end; none: the thread
    IdSource duration;  // of done, in nanoseconds
    IdSource result;    // of end or done: what failed_when judges
    bool operator==(const Markers&) const = default;
    [[nodiscard]] bool any() const { return !begin.empty() || !end.empty() || !done.empty(); }
};

// Native functions whose executions are known by a number that the engine tells, because they may go on on
// another thread, or begin in one function and end in another.
struct KeyedFunction {
    std::string end;   // the function at whose entry an execution ends; empty: where the function returns
    IdSource key;      // an argument of the function that begins it; none: by the stack
    IdSource end_key;  // of the function that ends it
    IdSource result;   // of the function that ends it: what failed_when judges
    bool operator==(const KeyedFunction&) const = default;
    [[nodiscard]] bool is_keyed() const { return !std::holds_alternative<std::monostate>(key); }
};

struct Point {
    std::string name;
    PointKind kind = PointKind::kNode;
    int line = 0;  // of the profile file, for messages

    // Python
    PythonFunction function;  // with kVariable: the ContextVar, as "module:name"
    CallShape call = CallShape::kMethod;
    // With kBetween: the calls that the function makes where an execution begins and where it ends. A class,
    // a built-in function, or a method of a built-in class.
    PythonFunction begins_at;
    PythonFunction ends_at;
    // With kMethod: every call of it is object.method(*arguments, **named), or made by map(),
    // functools.partial, Context.run() or the like; none by what calls with one object or nothing, as
    // sorted(key=object.method).
    bool unpacked = false;
    bool overrides = false;  // also every override of the method in loaded subclasses
    // Only calls below which one of `callers` is the nearest known function: others are part of something
    // else.
    bool only_from_callers = false;
    std::vector<CallerContext> callers;
    std::vector<Carrier> carriers;
    // A module's ContextVar that the function sets when it begins and resets, in a finally, when it is over:
    // the cheapest thing to observe. Failures outside of that are seen where it keeps what the setting
    // returned in the local `context_token`.
    std::optional<PythonFunction> context_variable;
    std::string context_token;
    // Overrides that always come to the function itself, or to another point, on the same object: with the
    // variable they need no watching of their own.
    std::vector<PythonFunction> passing_on;
    std::optional<OutcomeRule> outcome;
    std::map<std::string, ErrorStatus> statuses;  // by the exception class's own name

    // Native: a symbol; C++ names as nm prints them mangled, or demangled up to the parenthesis.
    std::string symbol;  // with markers, or two functions: that of the begin, or of done
    Markers markers;
    KeyedFunction keyed;
    ExitRule exit = ExitRule::kReturn;
    FailureRule failure = FailureRule::kNever;

    // From the function's own arguments and locals.
    IdSources ids;
    bool ids_at_end = false;  // Python: they are read when an execution ends, not when it begins
    // Python: what tells the node's type: a text does so itself, anything else by its class ("self"). Empty:
    // the function's own name. Its local is the node's object.
    PythonPath node_type;
    bool operator==(const Point&) const = default;
};

inline constexpr std::string_view kBuiltInSource = "built-in";

struct Profile {
    std::string name;
    std::string source;  // file it came from, or kBuiltInSource
    Runtime runtime = Runtime::kCPython;
    std::vector<std::string> modules;   // Python: the profile fits where one of these is imported
    std::vector<std::string> binaries;  // native: fits where one of these is mapped (base name)
    // Shapes of the names that the engine itself gives to workflows without one; each 'x' is a hexadecimal
    // digit.
    std::vector<std::string> made_up_names;
    std::vector<Point> points;

    [[nodiscard]] bool is_built_in() const { return source == kBuiltInSource; }
};

}  // namespace flowtap
