// SPDX-License-Identifier: Apache-2.0
#include "plan/python/function_shape.h"

#include "plan/python/planned_paths.h"

namespace flowtap {
namespace {

// Include/cpython/code.h: CO_GENERATOR, CO_COROUTINE, CO_ITERABLE_COROUTINE, CO_ASYNC_GENERATOR.
constexpr std::uint32_t kCoroutineFlag = 0x80;
constexpr std::uint32_t kPlainGeneratorFlags = 0x20 | 0x200;
constexpr std::uint32_t kGeneratorFlags = kPlainGeneratorFlags | kCoroutineFlag | 0x100;

bool is_generator(const PythonCode& function) { return (function.flags & kPlainGeneratorFlags) != 0; }

// How to describe, in a profile, the call of a function that is not a coroutine.
std::string plain_call(const PythonCode& function) {
    if ((function.flags & kGeneratorFlags) != 0) return "it is a generator: write call: generator";
    return "it is not a coroutine function (async def): write call: " +
           std::string(function.owner_type != 0 && !function.bare ? "method" : "function");
}

}  // namespace

std::string shape_conflict(const Point& point, const PythonCode& function) {
    if (point.call == CallShape::kCoroutine) return function.coroutine ? "" : plain_call(function);
    if (point.call == CallShape::kGenerator && is_generator(function)) return {};
    if (function.coroutine)
        return "it is a coroutine function (async def), not a plain function: write call: coroutine";
    if (point.call == CallShape::kGenerator) return "it is not a generator: " + plain_call(function);
    const bool plain = point.call == CallShape::kFunction || point.call == CallShape::kBetween;
    if (plain && (function.flags & kGeneratorFlags) != 0) return plain_call(function);
    if (point.call == CallShape::kMethod && function.bare)
        return "it is a staticmethod, which is called as a plain function: write call: function";
    if (point.call == CallShape::kInstance && function.owner_type == 0)
        return "it is not a method of a class, which call: instance requires: write call: function";
    return {};
}

std::optional<PythonCode> seen_function(const Point& point, const CodeLookup& lookup, const PythonCode& one) {
    const auto fits = [&](const PythonCode& function) { return shape_conflict(point, function).empty(); };
    PythonCode function = below_decorators(lookup, one, fits);
    if (!fits(function)) return std::nullopt;
    return function;
}

std::string kind_of_unseen(const Point& point, const PythonCode& function) {
    if (point.call == CallShape::kMethod && function.bare) return "a staticmethod";
    if ((function.flags & kGeneratorFlags & ~kCoroutineFlag) != 0) return "a generator";
    if (point.call == CallShape::kGenerator)
        return function.coroutine ? "a coroutine function" : "not a generator";
    return function.coroutine ? "a coroutine function" : "not a coroutine function";
}

}  // namespace flowtap
