// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include "plan/python/probes/python_probes.h"
#include "plan/python/probes/site_probes.h"

namespace flowtap {

namespace {

// Link-time address of the function that creates the objects of this class, if no other calls pass it.
// CPython creates the objects of a class without a __new__() of its own in many places: in type_call(), in
// inlined copies of it, and from 3.13 on in the interpreter's loop. A class with a vectorcall function does
// not call
// __new__().
std::optional<std::uint64_t> own_new(const Interpreter& interpreter, const Memory& memory,
                                     std::uint64_t type) {
    const auto common = type_slot(interpreter, memory, "PyBaseObject_Type", {kTypeNew});
    const auto own = memory.read<std::uint64_t>(type + kTypeNew);
    const auto vectorcall = memory.read<std::uint64_t>(type + kTypeVectorcall);
    if (!common || !own || *own - interpreter.load_bias() == *common || vectorcall != 0) return std::nullopt;
    const std::uint64_t function = *own - interpreter.load_bias();
    return interpreter.elf().is_executable_address(function) ? std::optional(function) : std::nullopt;
}

}  // namespace

Result<std::vector<PlannedProbe>> class_call_probes(const Interpreter& interpreter, const Memory& memory,
                                                    std::uint64_t type, const std::string& name) {
    const auto function = own_new(interpreter, memory, type);
    if (!function) {
        return Error{
            "find probe sites in", name,
            "the class has no __new__() of its own, and CPython creates such objects in several places",
            "name a class that has one, such as a namedtuple, or a function written in C",
            Error::Kind::kNoTarget};
    }
    Result<PlannedProbe> probe =
        entry_probe(interpreter, *function, "tp_new", "python:class-new", MarkingSite{arch::kArguments[0]});
    if (!probe) return probe.error();
    return std::vector{*std::move(probe)};
}

Result<std::vector<PlannedProbe>> entry_probes(const Interpreter& interpreter, std::uint64_t function,
                                               const std::string& name) {
    const std::uint64_t linked = function - interpreter.load_bias();
    if (!interpreter.elf().is_executable_address(linked)) {
        return Error{"find probe sites in", name, "its code is not in the interpreter's own file",
                     "name a class, or another function", Error::Kind::kNoTarget};
    }
    Result<PlannedProbe> probe = entry_probe(interpreter, linked, name, "python:builtin-call", MarkingSite{});
    if (!probe) return probe.error();
    return std::vector{*std::move(probe)};
}

}  // namespace flowtap
