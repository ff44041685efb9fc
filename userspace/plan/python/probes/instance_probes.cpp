// SPDX-License-Identifier: Apache-2.0
#include "code/function/function_code.h"
#include "plan/python/probes/python_probes.h"
#include "plan/python/probes/site_probes.h"

namespace flowtap {
namespace {

constexpr const char* kInstanceCall = "slot_tp_call";

Result<std::vector<PlannedProbe>> instance_exits(const Interpreter& interpreter, std::uint64_t function) {
    Result<FunctionCode> code = FunctionCode::trace(interpreter.elf(), function);
    if (!code) return site_error(kInstanceCall, code.error().message());
    Result<ExitSites> exits = return_sites(*code);
    if (!exits) return site_error(kInstanceCall, exits.error().message());
    if (!exits->tail_calls.empty() || !exits->unresolved_jumps.empty())
        return site_error(kInstanceCall, "not all of its exits can be observed");
    std::vector<CallReturn> returns;
    for (const Site& site : exits->sites) returns.push_back({site, arch::kResult, {}});
    return exit_probes(interpreter, returns, kInstanceCall, "python:instance-exit", ReturnToC::From::kCall);
}

}  // namespace

Result<std::vector<PlannedProbe>> instance_probes(const Interpreter& interpreter, const Memory& memory,
                                                  std::uint64_t type) {
    const auto slot = memory.read<std::uint64_t>(type + kTypeCall);
    const std::uint64_t function = slot.value_or(0) - interpreter.load_bias();
    if (!slot || !interpreter.elf().is_executable_address(function))
        return site_error(kInstanceCall,
                          "the class's tp_call slot does not point into the interpreter's file");
    Result<std::vector<PlannedProbe>> probes = instance_exits(interpreter, function);
    if (!probes) return probes;
    Result<PlannedProbe> entry = entry_probe(interpreter, function, kInstanceCall, "python:instance-entry",
                                             CallEntry{.called = CallEntry::Instance{}});
    if (!entry) return entry.error();
    probes->push_back(std::move(*entry));
    return probes;
}

}  // namespace flowtap
