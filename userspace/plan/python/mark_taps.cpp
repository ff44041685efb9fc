// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include "plan/python/python_taps.h"
#include "plan/python/tap_probe.h"

namespace flowtap {

namespace {

// Link-time address of the function that creates objects of this class and few others; nullopt: there is
// none.
std::optional<std::uint64_t> own_new(const Interpreter& interpreter, const Memory& memory,
                                     std::uint64_t type) {
    const auto common = type_slot(interpreter, memory, "PyBaseObject_Type", {kTypeNew});
    const auto own = memory.read<std::uint64_t>(type + kTypeNew);
    if (!common || !own || *own - interpreter.load_bias() == *common) return std::nullopt;
    const std::uint64_t function = *own - interpreter.load_bias();
    return interpreter.elf().is_executable_address(function) ? std::optional(function) : std::nullopt;
}

}  // namespace

Result<std::vector<PlannedProbe>> class_call_taps(const Interpreter& interpreter, const Memory& memory,
                                                  std::uint64_t type) {
    const auto own = own_new(interpreter, memory, type);
    const auto all = type_slot(interpreter, memory, "PyType_Type", {kTypeCall});
    if (!own && !all) return tap_error("PyType_Type", "its tp_call slot cannot be read");
    Result<PlannedProbe> probe =
        entry_probe(interpreter, own ? *own : *all, own ? "tp_new" : "type_call",
                    own ? "python:class-new" : "python:class-call", Program::kPythonMark);
    if (!probe) return probe.error();
    return std::vector{*std::move(probe)};
}

Result<std::vector<PlannedProbe>> entry_taps(const Interpreter& interpreter, std::uint64_t function,
                                             const std::string& name) {
    const std::uint64_t linked = function - interpreter.load_bias();
    if (!interpreter.elf().is_executable_address(linked)) {
        return Error{"find probe sites in", name, "its code is not in the interpreter's own file",
                     "name a class, or another function", Error::Kind::kNoTarget};
    }
    Result<PlannedProbe> probe =
        entry_probe(interpreter, linked, name, "python:builtin-call", Program::kPythonMark);
    if (!probe) return probe.error();
    probe->object_register = FT_NO_REGISTER;
    return std::vector{*std::move(probe)};
}

}  // namespace flowtap
