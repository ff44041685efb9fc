// SPDX-License-Identifier: Apache-2.0
#include "plan/python/probes/site_probes.h"

#include "code/function/function_code.h"
#include "python/c_functions.h"

namespace flowtap {

Error site_error(const std::string& function, std::string cause) {
    return {"find probe sites in", function, std::move(cause),
            "this build of CPython differs from those that flowtap knows; please report it",
            Error::Kind::kNoTarget};
}

PlannedProbe probe_at(const Interpreter& interpreter, const Site& site, std::string name,
                      SiteDetails details) {
    PlannedProbe probe;
    probe.name = std::move(name);
    probe.details = at_site(site, std::move(details));
    probe.file = interpreter.elf_path();
    probe.code = AnalysedCode::of(interpreter.elf(), site.address);
    probe.file_offset = interpreter.elf().file_offset(site.address).value_or(0);
    probe.address = site.address + interpreter.load_bias();
    probe.cost = site.cost;
    probe.why = site.reason;
    return probe;
}

Result<PlannedProbe> entry_probe(const Interpreter& interpreter, std::uint64_t function,
                                 const std::string& what, std::string name, SiteDetails details) {
    Result<FunctionCode> code = FunctionCode::trace(interpreter.elf(), function);
    if (!code) return site_error(what, code.error().message());
    Result<Site> site = entry_site(*code, 1);
    if (!site) return site_error(what, site.error().message());
    if (!site->stack_adjust) return site_error(what, "the stack pointer at its entry site is not known");
    return probe_at(interpreter, *site, std::move(name), std::move(details));
}

Result<std::vector<PlannedProbe>> exit_probes(const Interpreter& interpreter,
                                              const std::vector<CallReturn>& returns, const std::string& what,
                                              const std::string& name, ReturnToC::From from) {
    std::vector<PlannedProbe> probes;
    for (const CallReturn& one : returns) {
        if (!one.site.stack_adjust) return site_error(what, "the stack pointer at an exit site is not known");
        ReturnToC details{.from = from, .result = one.result};
        if (!one.argument0.empty()) details.argument = one.argument0.front();
        probes.push_back(probe_at(interpreter, one.site, name, details));
    }
    return probes;
}

std::optional<std::uint64_t> type_slot(const Interpreter& interpreter, const Memory& memory, const char* type,
                                       std::initializer_list<std::uint64_t> offsets) {
    std::optional<std::uint64_t> address = interpreter.address_of(type);
    for (std::uint64_t offset : offsets)
        if (address) address = memory.read<std::uint64_t>(*address + offset);
    if (!address || *address == 0) return std::nullopt;
    return *address - interpreter.load_bias();
}

std::optional<std::uint64_t> method_function(const Interpreter& interpreter, const Memory& memory,
                                             const char* type, const std::string& method) {
    const auto address = interpreter.object_address(type);
    const auto function = address ? c_method(memory, *address, method) : std::nullopt;
    return function ? std::optional(*function - interpreter.load_bias()) : std::nullopt;
}

}  // namespace flowtap
