// SPDX-License-Identifier: Apache-2.0
#include "python/objects/code_lookup.h"

#include <algorithm>
#include <set>

#include "python/similar_names.h"

namespace flowtap {

namespace {

constexpr std::uint32_t kCoroutineFlag = 0x80;  // CO_COROUTINE, Include/cpython/code.h
constexpr std::size_t kMaxSubclasses = 65536;
constexpr int kMaxWrappers = 4;  // staticmethod(classmethod(...)) and the like
constexpr int kLookupAttempts = 3;
constexpr std::uint64_t kStrHash = 24;    // PyASCIIObject.hash, Include/cpython/unicodeobject.h
constexpr std::uint64_t kBytesData = 32;  // PyBytesObject.ob_sval, Include/cpython/bytesobject.h

bool is_ascii(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c > 0; });
}

Error not_found(std::string_view module, std::string_view qualname, std::string cause) {
    return {"find Python function",
            std::string(module) + ":" + std::string(qualname),
            std::move(cause),
            {},
            Error::Kind::kNoTarget};
}

}  // namespace

bool PythonCode::written_as(std::string_view method) const {
    const std::string_view written = qualname;
    if (!written.ends_with(method) || written.size() == method.size()) return false;
    const std::string_view before = written.substr(0, written.size() - method.size());
    return before.ends_with('.') && !before.ends_with("<locals>.");
}

CodeLookup::CodeLookup(const Interpreter& interpreter, const Memory& memory, std::uint64_t state)
    : interpreter_(interpreter),
      memory_(memory),
      state_(state),
      objects_(memory, interpreter.layout()),
      code_type_(interpreter.object_address("PyCode_Type").value_or(0)),
      static_method_type_(interpreter.object_address("PyStaticMethod_Type").value_or(0)),
      class_method_type_(interpreter.object_address("PyClassMethod_Type").value_or(0)),
      property_type_(interpreter.object_address("PyProperty_Type").value_or(0)),
      context_variable_type_(interpreter.object_address("PyContextVar_Type").value_or(0)) {
    const auto secret = interpreter.object_address("_Py_HashSecret");
    if (secret) str_hash_ = StrHash::of(memory, *secret, known_strings());
}

std::optional<std::uint64_t> CodeLookup::modules() const {
    return memory_.read<std::uint64_t>(state_ + interpreter_.layout().interpreter_modules);
}

// The names of modules: they are keys of a dict, so their hashes are known.
std::vector<StrHash::Known> CodeLookup::known_strings() const {
    constexpr std::size_t kEnough = 4;
    const auto table = modules();
    const auto entries = table ? objects_.dict_entries(*table) : std::nullopt;
    std::vector<StrHash::Known> known;
    for (const DictEntry& entry : entries.value_or(std::vector<DictEntry>{})) {
        if (known.size() == kEnough) break;
        const auto text = objects_.text(entry.key);
        const auto hash = memory_.read<std::uint64_t>(entry.key + kStrHash);
        if (text && hash && is_ascii(*text)) known.push_back({*text, *hash});
    }
    return known;
}

std::uint64_t CodeLookup::hash_of(std::string_view text) const {
    return str_hash_ && is_ascii(text) ? (*str_hash_)(text) : 0;
}

bool CodeLookup::any_module_loaded(std::span<const std::string> names) const {
    const auto table = modules();
    const auto loaded = table ? objects_.dict_entries(*table) : std::nullopt;
    if (!loaded) return false;
    const auto is_wanted = [&](const DictEntry& entry) {
        if (entry.value == interpreter_.layout().bpf.none)
            return false;  // None marks a module that must not be imported
        return std::any_of(names.begin(), names.end(),
                           [&](const std::string& name) { return objects_.text_equals(entry.key, name); });
    };
    return std::any_of(loaded->begin(), loaded->end(), is_wanted);
}

std::optional<std::uint64_t> CodeLookup::module_dict(std::string_view name) const {
    const auto table = modules();
    const auto module = table ? objects_.dict_value(*table, name) : std::nullopt;
    return module ? objects_.instance_dict(*module) : std::nullopt;
}

// A name may be missing for a moment if the program imports or defines something during the search.
Result<PythonCode> CodeLookup::find_function(std::string_view module, std::string_view qualname) const {
    for (int attempt = 1;; ++attempt) {
        auto found = find_function_once(module, qualname);
        if (found || attempt == kLookupAttempts) return found;
    }
}

Result<PythonCode> CodeLookup::find_function_once(std::string_view module, std::string_view qualname) const {
    constexpr std::string_view kLocals = ".<locals>.";
    const std::size_t nested = qualname.find(kLocals);
    Result<PythonCode> code = find_named(module, qualname.substr(0, nested));
    if (!code || nested == std::string_view::npos) return code;
    const std::string_view rest = qualname.substr(nested + kLocals.size());
    Result<PythonCode> found = find_nested(*code, module, qualname, rest);
    std::optional<PythonCode> outer = *code;
    for (int depth = 0; !found && depth < kMaxWrappers && (outer = wrapped_by(*outer)); ++depth) {
        if (Result<PythonCode> inner = find_nested(*outer, module, qualname, rest)) return inner;
    }
    return found;
}

// The code of a nested function is a constant of the outer function's code, whether that has run or not.
Result<PythonCode> CodeLookup::find_nested(const PythonCode& outer, std::string_view module,
                                           std::string_view qualname, std::string_view rest) const {
    constexpr std::string_view kLocals = ".<locals>.";
    const std::string name(rest.substr(0, rest.find(kLocals)));
    std::vector<std::string> others;
    const auto consts = memory_.read<std::uint64_t>(outer.code_address + interpreter_.layout().code_consts);
    const auto items = consts ? objects_.tuple_items(*consts) : std::nullopt;
    for (const std::uint64_t item : items.value_or(std::vector<std::uint64_t>{})) {
        const auto code = objects_.type_of(item) == code_type_ ? read_code(item) : std::nullopt;
        if (code) others.push_back(code->qualname.substr(code->qualname.rfind('.') + 1));
        if (!code || !code->qualname.ends_with("." + name)) continue;
        if (name.size() == rest.size()) return *code;
        return find_nested(*code, module, qualname, rest.substr(name.size() + kLocals.size()));
    }
    return not_found(module, qualname,
                     "there is no '" + name + "' in " + outer.qualname + suggestion(name, others));
}

// The object at the end of a path of attributes, and the class in which it was found (0: a module).
Result<std::uint64_t> CodeLookup::find_object(std::string_view module, std::string_view qualname,
                                              std::uint64_t& owner) const {
    const auto dict = module_dict(module);
    if (!dict) return not_found(module, qualname, "module " + std::string(module) + " is not imported");
    owner = 0;
    for (std::string_view rest = qualname;;) {
        const std::string part(rest.substr(0, rest.find('.')));
        const auto value =
            owner == 0 ? objects_.dict_value(*dict, part) : objects_.type_attribute(owner, part);
        if (!value) {
            const auto names = owner == 0 ? names_in(*dict) : names_of_class(owner);
            return not_found(module, qualname, "there is no '" + part + "'" + suggestion(part, names));
        }
        if (part.size() == rest.size()) return *value;
        if (!objects_.is_type(*value)) return not_found(module, qualname, "'" + part + "' is not a class");
        owner = *value;
        rest.remove_prefix(part.size() + 1);
    }
}

Result<PythonCode> CodeLookup::find_named(std::string_view module, std::string_view qualname) const {
    std::uint64_t owner = 0;
    const Result<std::uint64_t> object = find_object(module, qualname, owner);
    if (!object) return object.error();
    return code_of(*object, owner, module, qualname);
}

Result<std::uint64_t> CodeLookup::find_class(std::string_view module, std::string_view qualname) const {
    std::uint64_t owner = 0;
    Result<std::uint64_t> object = find_object(module, qualname, owner);
    if (object && !objects_.is_type(*object)) return not_found(module, qualname, "it is not a class");
    return object;
}

Result<PythonCode> CodeLookup::code_of(std::uint64_t object, std::uint64_t owner, std::string_view module,
                                       std::string_view qualname) const {
    if (auto code = function_code(object)) {
        code->owner_type = owner;
        return *std::move(code);
    }
    const auto type = objects_.type_of(object);
    const auto name = type ? objects_.type_name(*type) : std::nullopt;
    return not_found(module, qualname, "its type is '" + name.value_or("?") + "', not a Python function");
}

std::optional<PythonCode> CodeLookup::plain_function(std::uint64_t object) const {
    const ft_python& layout = interpreter_.layout().bpf;
    const auto address = memory_.read<std::uint64_t>(object + layout.function_code);
    const auto name = memory_.read<std::uint64_t>(object + layout.function_name);
    auto code = address ? read_code(*address) : std::nullopt;
    if (!code || !name) return std::nullopt;
    code->function_address = object;
    code->name = objects_.text(*name).value_or("");
    return code;
}

// The function that an object of another kind keeps, and so may call: the function in its __wrapped__, or the
// only function among its first members or its attributes (wrapt's proxies, functools.partialmethod,
// descriptors).
std::optional<std::uint64_t> CodeLookup::kept_function(std::uint64_t object) const {
    constexpr std::uint64_t kFirstMember = 16;
    constexpr std::uint64_t kLastMember = 40;
    const std::uint64_t function_type = interpreter_.layout().bpf.function_type;
    if (const auto wrapped = objects_.instance_attribute(object, "__wrapped__")) return wrapped;
    for (std::uint64_t at = kFirstMember; at <= kLastMember; at += sizeof(std::uint64_t)) {
        const auto member = memory_.read<std::uint64_t>(object + at);
        if (member && *member != 0 && objects_.type_of(*member) == function_type) return member;
    }
    for (const char* name : {"func", "function", "fn", "f", "method", "_func", "_function", "_fn", "fget"}) {
        const auto value = objects_.instance_attribute(object, name);
        if (value && objects_.type_of(*value) == function_type) return value;
    }
    return std::nullopt;
}

// nullopt if the object is not a function and keeps none.
std::optional<PythonCode> CodeLookup::function_code(std::uint64_t object) const {
    const PythonLayout& layout = interpreter_.layout();
    bool unbound = false;
    bool bare = false;
    std::string kept_by;
    for (int depth = 0; depth <= kMaxWrappers; ++depth) {
        const auto type = objects_.type_of(object);
        if (!type || *type == 0 || objects_.is_type(object)) return std::nullopt;
        if (*type == layout.bpf.function_type) {
            auto code = plain_function(object);
            if (!code) return std::nullopt;
            code->unbound = unbound;
            code->bare = bare;
            code->kept_by = std::move(kept_by);
            return code;
        }
        const bool of_class = *type == class_method_type_;
        bare = bare || *type == static_method_type_;
        unbound = unbound || bare || of_class;
        if (!of_class && *type != static_method_type_ && kept_by.empty())
            kept_by = objects_.type_name(*type).value_or("?");
        const auto inner = unbound && kept_by.empty()
                               ? memory_.read<std::uint64_t>(object + layout.wrapped_callable)
                               : kept_function(object);
        if (!inner) return std::nullopt;
        object = *inner;
    }
    return std::nullopt;
}

// The one Python function in its closure.
std::optional<PythonCode> CodeLookup::enclosed_function(const PythonCode& function) const {
    constexpr std::uint64_t kClosure = 72;  // PyFunctionObject.func_closure, a tuple of cells
    const PythonLayout& layout = interpreter_.layout();
    if (function.function_address == 0) return std::nullopt;
    const auto cells = memory_.read<std::uint64_t>(function.function_address + kClosure);
    const auto items = cells && *cells != 0 ? objects_.tuple_items(*cells) : std::nullopt;
    std::optional<PythonCode> found;
    for (const std::uint64_t cell : items.value_or(std::vector<std::uint64_t>{})) {
        const auto value = memory_.read<std::uint64_t>(cell + layout.bpf.cell_value);
        if (!value || *value == 0 || objects_.type_of(*value) != layout.bpf.function_type) continue;
        if (found) return std::nullopt;
        found = plain_function(*value);
    }
    return found;
}

// What a decorator without __wrapped__ was given: it is written in the class that has the decorator's
// function.
std::optional<PythonCode> CodeLookup::enclosed_method(const PythonCode& function) const {
    if (function.owner_type == 0 || function.coroutine) return std::nullopt;
    const auto owner = objects_.type_name(function.owner_type);
    auto code = owner ? enclosed_function(function) : std::nullopt;
    if (!code || !code->coroutine) return std::nullopt;
    const std::string written = "." + *owner + "." + code->name;
    return ("." + code->qualname).ends_with(written) ? code : std::nullopt;
}

std::optional<PythonCode> CodeLookup::wrapped_by(const PythonCode& function) const {
    const std::uint16_t offset = interpreter_.layout().function_dict;
    if (function.function_address == 0 || offset == 0) return std::nullopt;
    const auto dict = memory_.read<std::uint64_t>(function.function_address + offset);
    const auto inner = dict && *dict != 0 ? objects_.dict_value(*dict, "__wrapped__") : std::nullopt;
    auto code = inner ? function_code(*inner) : enclosed_method(function);
    if (!code || code->function_address == function.function_address) return std::nullopt;
    code->owner_type = function.owner_type;
    code->decorated = true;
    return code;
}

void CodeLookup::note_code(const PythonCode& function, UnchangedWords& words) const {
    if (function.function_address == 0) return;
    words.add(function.function_address + interpreter_.layout().bpf.function_code, function.code_address);
}

std::optional<PythonCode> CodeLookup::read_code(std::uint64_t address) const {
    if (code_type_ == 0 || objects_.type_of(address) != code_type_) return std::nullopt;
    const PythonLayout& layout = interpreter_.layout();
    const auto flags = memory_.read<std::uint32_t>(address + layout.code_flags);
    const auto name_object = memory_.read<std::uint64_t>(address + layout.code_qualname);
    auto name = name_object ? objects_.text(*name_object) : std::nullopt;
    if (!flags || !name) return std::nullopt;
    PythonCode code;
    code.code_address = address;
    code.qualname = *std::move(name);
    code.flags = *flags;
    code.coroutine = (*flags & kCoroutineFlag) != 0;
    code.qualname_address = *name_object;
    return code;
}

std::vector<std::uint64_t> CodeLookup::direct_subclasses(std::uint64_t type) const {
    const PythonLayout& layout = interpreter_.layout();
    // Static types of 3.12 and later have a number there; they have no dict either, and cannot be read.
    const auto table = memory_.read<std::uint64_t>(type + layout.type_subclasses);
    const auto entries = table && *table != 0 ? objects_.dict_entries(*table) : std::nullopt;
    std::vector<std::uint64_t> subclasses;
    for (const DictEntry& entry : entries.value_or(std::vector<DictEntry>())) {
        const auto subclass = memory_.read<std::uint64_t>(entry.value + layout.weakref_object);
        if (subclass && objects_.is_type(*subclass)) subclasses.push_back(*subclass);
    }
    return subclasses;
}

Result<std::uint64_t> CodeLookup::find_context_variable(std::string_view module,
                                                        std::string_view name) const {
    const auto dict = module_dict(module);
    if (!dict) return not_found(module, name, "module " + std::string(module) + " is not imported");
    const auto value = objects_.dict_value(*dict, name);
    if (!value) return not_found(module, name, "there is no '" + std::string(name) + "'");
    if (context_variable_type_ == 0 || objects_.type_of(*value) != context_variable_type_)
        return not_found(module, name, "it is not a ContextVar");
    return *value;
}

Overrides CodeLookup::find_overrides(std::uint64_t type, std::string_view method) const {
    Overrides found;
    std::set<std::uint64_t> seen_types = {type};
    std::set<std::uint64_t> seen_functions;
    std::vector<std::uint64_t> open = {type};
    while (!open.empty() && seen_types.size() <= kMaxSubclasses) {
        const std::uint64_t parent = open.back();
        open.pop_back();
        for (const std::uint64_t subclass : direct_subclasses(parent)) {
            if (!seen_types.insert(subclass).second) continue;
            open.push_back(subclass);
            const auto value = objects_.own_type_attribute(subclass, method);
            if (!value) continue;
            auto code = function_code(*value);
            if (!code) {
                const auto kind = objects_.type_of(*value);
                found.odd.push_back({objects_.type_name(subclass).value_or("?"),
                                     kind ? objects_.type_name(*kind).value_or("?") : "?"});
                continue;
            }
            const std::uint64_t known = code->written_as(method) && code->kept_by.empty()
                                            ? code->code_address
                                            : code->function_address;
            if (!seen_functions.insert(known).second) continue;
            code->owner_type = subclass;
            found.functions.push_back(*std::move(code));
        }
    }
    return found;
}

std::uint64_t CodeLookup::method_name(std::uint64_t type, std::string_view method) const {
    const PythonLayout& layout = interpreter_.layout();
    const auto mro = memory_.read<std::uint64_t>(type + layout.type_mro);
    const auto bases = mro ? objects_.tuple_items(*mro) : std::nullopt;
    for (const std::uint64_t base : bases.value_or(std::vector<std::uint64_t>{})) {
        const auto dict = memory_.read<std::uint64_t>(base + layout.type_dict);
        const auto entries = dict && *dict != 0 ? objects_.dict_entries(*dict) : std::nullopt;
        for (const DictEntry& entry : entries.value_or(std::vector<DictEntry>()))
            if (objects_.text_equals(entry.key, method)) return entry.key;
    }
    return 0;
}

std::vector<std::uint64_t> CodeLookup::find_inheriting(std::uint64_t type, std::string_view method,
                                                       bool overrides) const {
    std::vector<std::uint64_t> inheriting = {type};
    for (std::size_t next = 0; next < inheriting.size(); ++next) {
        for (const std::uint64_t subclass : direct_subclasses(inheriting[next])) {
            if (inheriting.size() >= kMaxSubclasses) return inheriting;
            if (std::ranges::find(inheriting, subclass) != inheriting.end()) continue;
            if (overrides || !objects_.own_type_attribute(subclass, method)) inheriting.push_back(subclass);
        }
    }
    return inheriting;
}

// Whether each new object of the class surely takes a slot of the keys that its objects share: object_new()
// does up to 3.12, which classes not larger than object use; later the allocator for inline values does.
bool CodeLookup::counts_objects(std::uint64_t type) const {
    constexpr std::uint64_t kMostBaseSize = 24;  // PyObject and a list of weak references
    const ft_python& layout = interpreter_.layout().bpf;
    const std::uint64_t flags = memory_.read<std::uint64_t>(type + layout.type_flags).value_or(0);
    if (layout.attributes == FT_ATTRIBUTES_INLINE) return (flags & FT_TYPE_INLINE_VALUES) != 0;
    const auto size = memory_.read<std::uint64_t>(type + layout.type_basicsize);
    return (flags & FT_TYPE_MANAGED_DICT) != 0 && size && *size <= kMostBaseSize;
}

// Objects/dictobject.c, the same in all known versions: the keys that a class's objects share have room for
// SHARED_KEYS_MAX_SIZE attributes (_PyDict_NewKeysForClass()). Each new object decrements dk_usable while
// that is more than one (init_inline_values(), _PyObject_InitInlineValues()); a new attribute moves one from
// dk_usable to dk_nentries.
bool CodeLookup::never_made(std::uint64_t type, UnchangedWords& words) const {
    constexpr std::int64_t kMostSharedKeys = 30;
    struct Room {
        std::int64_t usable;   // dk_usable
        std::int64_t entries;  // dk_nentries
    };
    const ft_python& layout = interpreter_.layout().bpf;
    const auto keys = memory_.read<std::uint64_t>(type + layout.type_cached_keys);
    if (!keys || *keys == 0 || !counts_objects(type)) return false;
    const std::uint64_t address = *keys + layout.keys_count - offsetof(Room, entries);
    const auto room = memory_.read<Room>(address);
    if (!room || room->usable + room->entries != kMostSharedKeys) return false;
    if (room->usable <= 1) return never_initialised(type, words);
    words.add(address, static_cast<std::uint64_t>(room->usable));
    return true;
}

// 3.14 enters the attributes that a class's methods assign when the class is created, which may leave no
// room.
bool CodeLookup::never_initialised(std::uint64_t type, UnchangedWords& words) const {
    const auto init = objects_.type_attribute(type, "__init__");
    const auto code = init ? function_code(*init) : std::nullopt;
    return code && never_run(code->code_address, words);
}

bool CodeLookup::never_run(std::uint64_t code_address, UnchangedWords& words) const {
    constexpr std::uint64_t kWord = sizeof(std::uint64_t);
    const auto mark = run_mark(code_address);
    if (!mark) return false;
    const std::uint64_t address = mark->address / kWord * kWord;
    const auto word = memory_.read<std::uint64_t>(address);
    if (!word || mark->has_run(memory_)) return false;
    words.add(address, *word);
    return true;
}

void CodeLookup::note_subclasses(std::uint64_t type, UnchangedWords& words) const {
    const PythonLayout& layout = interpreter_.layout();
    for (const std::uint64_t heir : find_inheriting(type, {}, true)) {
        const auto table = memory_.read<std::uint64_t>(heir + layout.type_subclasses);
        if (!table) continue;
        words.add(heir + layout.type_subclasses, *table);
        const std::uint64_t count = *table + layout.dict_used;
        if (*table == 0) continue;
        if (const auto used = memory_.read<std::uint64_t>(count)) words.add(count, *used);
    }
}

Result<CallUnits> CodeLookup::call_units(std::uint64_t code_address) const {
    return flowtap::call_units(interpreter_, memory_, code_address);
}

std::optional<RunMark> CodeLookup::run_mark(std::uint64_t code_address) const {
    return flowtap::run_mark(interpreter_, memory_, code_address);
}

std::optional<RunMark> CodeLookup::enclosed_run_mark(const PythonCode& function) const {
    const auto enclosed = enclosed_function(function);
    return enclosed ? run_mark(enclosed->code_address) : std::nullopt;
}

std::optional<int> CodeLookup::local_slot(std::uint64_t code_address, std::string_view name) const {
    const auto tuple = memory_.read<std::uint64_t>(code_address + interpreter_.layout().code_localsplusnames);
    const auto names = tuple ? objects_.tuple_items(*tuple) : std::nullopt;
    if (!names) return std::nullopt;
    for (std::size_t i = 0; i < names->size(); ++i) {
        if (objects_.text_equals((*names)[i], name)) return static_cast<int>(i);
    }
    return std::nullopt;
}

// Objects/codeobject.c: co_localspluskinds, a bytes object after co_localsplusnames, has a bit for the
// variables of a closure, which have the closure's order.
int CodeLookup::closure_index(std::uint64_t code_address, int slot) const {
    constexpr std::uint8_t kFree = 0x80;  // CO_FAST_FREE, Include/internal/pycore_code.h
    const std::uint64_t holder = code_address + interpreter_.layout().code_localsplusnames + 8;
    const auto kinds = memory_.read<std::uint64_t>(holder);
    int index = -1;
    for (int i = 0; kinds && i <= slot; ++i) {
        const auto kind = memory_.read<std::uint8_t>(*kinds + kBytesData + static_cast<std::uint64_t>(i));
        const bool free = kind && (*kind & kFree) != 0;
        if (free) ++index;
        if (i == slot) return free ? index : -1;
    }
    return -1;
}

std::optional<Variable> CodeLookup::variable(std::uint64_t code_address, std::string_view name) const {
    const PythonLayout& layout = interpreter_.layout();
    const auto slot = local_slot(code_address, name);
    const auto positional = memory_.read<std::int32_t>(code_address + layout.code_argcount);
    const auto by_name = memory_.read<std::int32_t>(code_address + layout.code_kwonlyargcount);
    if (!slot || !positional || !by_name) return std::nullopt;
    return Variable{*slot, *slot < *positional ? *slot : -1, closure_index(code_address, *slot),
                    *slot < *positional + *by_name};
}

}  // namespace flowtap
