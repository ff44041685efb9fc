// SPDX-License-Identifier: Apache-2.0
#include "python/c_functions.h"

#include "python/objects/code_lookup.h"

namespace flowtap {
namespace {

constexpr std::uint64_t kDefinitionFunction = 8;  // PyMethodDef.ml_meth
constexpr const char* kBuiltinFunction = "builtin_function_or_method";

std::optional<std::uint64_t> code_of_definition(const Memory& memory, std::uint64_t definition) {
    const auto function = memory.read<std::uint64_t>(definition + kDefinitionFunction);
    return function && *function != 0 ? function : std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> c_method(const Memory& memory, std::uint64_t type, std::string_view method) {
    constexpr std::uint64_t kTypeMethods = 232;
    constexpr std::uint64_t kSize = 32;
    constexpr int kMost = 64;
    std::uint64_t definition = memory.read<std::uint64_t>(type + kTypeMethods).value_or(0);
    for (int i = 0; definition != 0 && i < kMost; i++, definition += kSize) {
        const std::uint64_t name = memory.read<std::uint64_t>(definition).value_or(0);
        if (name == 0) return std::nullopt;
        if (memory.read_cstring(name, method.size() + 1) == method)
            return code_of_definition(memory, definition);
    }
    return std::nullopt;
}

std::optional<std::uint64_t> c_function(const Memory& memory, std::uint64_t object) {
    constexpr std::uint64_t kDefinition = 16;
    const auto definition = memory.read<std::uint64_t>(object + kDefinition);
    return definition ? code_of_definition(memory, *definition) : std::nullopt;
}

Result<std::uint64_t> CodeLookup::find_c_function(std::string_view module, std::string_view qualname) const {
    const auto unknown = [&](std::string cause) {
        return Error{"find the call of",
                     std::string(module) + ":" + std::string(qualname),
                     std::move(cause),
                     {},
                     Error::Kind::kNoTarget};
    };
    const std::size_t dot = qualname.rfind('.');
    if (dot != std::string_view::npos) {
        const Result<std::uint64_t> type = find_class(module, qualname.substr(0, dot));
        if (!type) return type.error();
        const auto method = c_method(memory_, *type, qualname.substr(dot + 1));
        return method ? Result<std::uint64_t>(*method)
                      : unknown("the class has no method of that name that is written in C");
    }
    std::uint64_t owner = 0;
    const Result<std::uint64_t> object = find_object(module, qualname, owner);
    if (!object) return object.error();
    const auto type = objects_.type_of(*object);
    const auto function = c_function(memory_, *object);
    if (!type || objects_.type_name(*type) != kBuiltinFunction || !function)
        return unknown("it is neither a class nor a function written in C");
    return *function;
}

}  // namespace flowtap
