// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "process/memory.h"
#include "python/interpreter.h"
#include "python/objects/bytecode.h"
#include "python/objects/object_reader.h"
#include "python/objects/str_hash.h"
#include "python/objects/variable.h"
#include "python/unchanged_words.h"

namespace flowtap {

// A Python function, by its code object. The address stays valid while the function is alive; a reload makes
// a new one.
struct PythonCode {
    std::uint64_t code_address = 0;
    std::string qualname;                // co_qualname: where it was defined, which may be a base class
    std::uint32_t flags = 0;             // co_flags
    bool coroutine = false;              // async def (not an async generator)
    std::uint64_t owner_type = 0;        // the class it was looked up in; 0 for a module's function
    bool unbound = false;                // a staticmethod or classmethod: called without an object
    bool bare = false;                   // a staticmethod: called without its class, too
    std::uint64_t function_address = 0;  // the function object; 0 for a nested function, which may have many
    std::uint64_t qualname_address = 0;  // co_qualname
    std::string name;        // of the function object; decorators may copy it from another function
    std::string kept_by;     // type of the object that keeps the function; empty: not kept by another object
    bool decorated = false;  // found through another function's __wrapped__

    // Whether the code was written as this method of a class. Otherwise it may be a decorator's, which other
    // functions run as well.
    [[nodiscard]] bool written_as(std::string_view method) const;
};

// An object in a method's place that is not a Python function and keeps none.
struct OddMethod {
    std::string class_name;
    std::string type;
};

struct Overrides {
    std::vector<PythonCode> functions;
    std::vector<OddMethod> odd;
};

// Finds functions of a running interpreter by name, as its import system knows them.
class CodeLookup {
public:
    // Both must outlive the lookup. state: the PyInterpreterState whose modules are searched.
    CodeLookup(const Interpreter& interpreter, const Memory& memory, std::uint64_t state);
    // Uses the main interpreter.
    CodeLookup(const Interpreter& interpreter, const Memory& memory)
        : CodeLookup(interpreter, memory, interpreter.main_interpreter()) {}

    // Names as in sys.modules ("a.b"). A module counts as loaded from the moment its import begins.
    [[nodiscard]] bool any_module_loaded(std::span<const std::string> names) const;
    [[nodiscard]] std::optional<std::uint64_t> module_dict(std::string_view name) const;
    // Names of all loaded modules.
    [[nodiscard]] std::vector<std::string> module_names() const;
    // The directories in which a package's modules are searched: its __path__ if that is a plain list.
    [[nodiscard]] std::vector<std::string> package_path(std::string_view name) const;
    // The file in which the code was written: "/opt/engine/run.py".
    [[nodiscard]] std::string file_of(std::uint64_t code_address) const;
    // The fields that the getter of a property reads. nullopt: the class and its bases have no property of
    // that name.
    [[nodiscard]] std::optional<std::vector<std::string>> property_fields(std::uint64_t type,
                                                                          std::string_view name) const;

    // qualname: "function", "Class.method", "A.B.method", "outer.<locals>.inner"; methods are found in base
    // classes, too. Looks through staticmethod, classmethod and other objects that keep a function, but not
    // through decorators: the wrapper is what is called. Errors (kNoTarget) name the part that is missing or
    // is not a Python function.
    [[nodiscard]] Result<PythonCode> find_function(std::string_view module, std::string_view qualname) const;

    // Address of the ContextVar in a module's variable. Errors (kNoTarget) as for find_function().
    [[nodiscard]] Result<std::uint64_t> find_context_variable(std::string_view module,
                                                              std::string_view name) const;

    // A class. Errors as for find_function().
    [[nodiscard]] Result<std::uint64_t> find_class(std::string_view module, std::string_view qualname) const;

    // Address of the code of a built-in function, or of a method of a built-in class ("set.add"). Errors as
    // for find_function().
    [[nodiscard]] Result<std::uint64_t> find_c_function(std::string_view module,
                                                        std::string_view qualname) const;

    // The function that a decorator wraps (__wrapped__), or else the only function in its closure, if that is
    // a coroutine function written in the class that has the decorator's.
    [[nodiscard]] std::optional<PythonCode> wrapped_by(const PythonCode& function) const;

    // Every distinct function of that name in the own dict of a class that derives from type, at any depth.
    [[nodiscard]] Overrides find_overrides(std::uint64_t type, std::string_view method) const;

    // The str that is the method's key in type or one of its bases; 0: none has the method.
    [[nodiscard]] std::uint64_t method_name(std::uint64_t type, std::string_view method) const;

    // The class and its subclasses, at any depth, that inherit the method; with `overrides`, also those that
    // override it.
    [[nodiscard]] std::vector<std::uint64_t> find_inheriting(std::uint64_t type, std::string_view method,
                                                             bool overrides) const;

    // Whether the class itself never had an object, as far as can be determined. If the class has too many
    // attributes, only objects made by a call of the class are seen, by its __init__(). If so, notes the word
    // that the first object will change.
    [[nodiscard]] bool never_made(std::uint64_t type, UnchangedWords& words) const;

    // Whether the function has never run, as far as can be determined. If so, notes the word that its first
    // run will change.
    [[nodiscard]] bool never_run(std::uint64_t code_address, UnchangedWords& words) const;

    // Notes the words that a new subclass of type, at any depth, changes.
    void note_subclasses(std::uint64_t type, UnchangedWords& words) const;

    // Index in the frame's localsplus of an argument, local, cell or free variable.
    [[nodiscard]] std::optional<int> local_slot(std::uint64_t code_address, std::string_view name) const;

    // A local variable, argument or free variable of a function; nullopt: it has none of that name.
    [[nodiscard]] std::optional<Variable> variable(std::uint64_t code_address, std::string_view name) const;

    // The hash of a str in the process, if its hash function is known and the text is ASCII; otherwise 0.
    [[nodiscard]] std::uint64_t hash_of(std::string_view text) const;

    // The addresses at which the interpreter reads a function's bytecode at each call. Errors: as
    // call_units() of bytecode.h.
    [[nodiscard]] Result<CallUnits> call_units(std::uint64_t code_address) const;

    // Notes the word of a function object that changes when its code is replaced.
    void note_code(const PythonCode& function, UnchangedWords& words) const;

    // As run_mark() of bytecode.h.
    [[nodiscard]] std::optional<RunMark> run_mark(std::uint64_t code_address) const;

    // As run_mark(), of the one Python function in the closure of this one, as decorators' functions have it;
    // nullopt where there is none, or more than one.
    [[nodiscard]] std::optional<RunMark> enclosed_run_mark(const PythonCode& function) const;

    [[nodiscard]] const ObjectReader& objects() const { return objects_; }

private:
    [[nodiscard]] std::optional<std::uint64_t> modules() const;
    [[nodiscard]] std::vector<StrHash::Known> known_strings() const;
    [[nodiscard]] std::vector<std::string> names_in(std::uint64_t dict) const;
    [[nodiscard]] std::vector<std::string> names_of_class(std::uint64_t type) const;
    [[nodiscard]] Result<PythonCode> find_named(std::string_view module, std::string_view qualname) const;
    [[nodiscard]] Result<PythonCode> find_nested(const PythonCode& outer, std::string_view module,
                                                 std::string_view qualname, std::string_view rest) const;
    [[nodiscard]] Result<PythonCode> find_function_once(std::string_view module,
                                                        std::string_view qualname) const;
    [[nodiscard]] Result<PythonCode> code_of(std::uint64_t object, std::uint64_t owner,
                                             std::string_view module, std::string_view qualname) const;
    [[nodiscard]] std::optional<PythonCode> function_code(std::uint64_t object) const;
    [[nodiscard]] std::optional<PythonCode> plain_function(std::uint64_t object) const;
    [[nodiscard]] std::optional<PythonCode> enclosed_function(const PythonCode& function) const;
    [[nodiscard]] std::optional<PythonCode> enclosed_method(const PythonCode& function) const;
    [[nodiscard]] std::optional<std::uint64_t> kept_function(std::uint64_t object) const;
    [[nodiscard]] Result<std::uint64_t> find_object(std::string_view module, std::string_view qualname,
                                                    std::uint64_t& owner) const;
    [[nodiscard]] std::optional<PythonCode> read_code(std::uint64_t address) const;
    [[nodiscard]] int closure_index(std::uint64_t code_address, int slot) const;
    [[nodiscard]] bool counts_objects(std::uint64_t type) const;
    [[nodiscard]] bool never_initialised(std::uint64_t type, UnchangedWords& words) const;
    [[nodiscard]] std::vector<std::uint64_t> direct_subclasses(std::uint64_t type) const;

    const Interpreter& interpreter_;
    const Memory& memory_;
    std::uint64_t state_;
    ObjectReader objects_;
    std::uint64_t code_type_ = 0;
    std::uint64_t static_method_type_ = 0;
    std::uint64_t class_method_type_ = 0;
    std::uint64_t property_type_ = 0;
    std::uint64_t context_variable_type_ = 0;
    std::optional<StrHash> str_hash_;
};

}  // namespace flowtap
