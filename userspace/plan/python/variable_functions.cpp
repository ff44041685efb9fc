// SPDX-License-Identifier: Apache-2.0
#include "plan/python/variable_functions.h"

#include <algorithm>

#include "plan/python/probes/site_probes.h"

namespace flowtap {
namespace {

bool leads_to(const ElfFile& elf, const FunctionCode& code, std::uint64_t function) {
    const auto reaches = [&](std::uint64_t target) {
        return target == function || elf.resolve_call(target) == function;
    };
    return code.entry() == function || std::ranges::any_of(code.nodes(), [&](const auto& entry) {
               const Instruction& one = entry.second.instruction;
               return one.target && (one.is_call() || one.flow == Flow::kJump) && reaches(*one.target);
           });
}

}  // namespace

Result<std::vector<FunctionCode>> variable_functions(const Interpreter& interpreter, const Memory& memory,
                                                     const char* exported, const std::string& method) {
    const ElfFile& elf = interpreter.elf();
    std::vector<FunctionCode> codes;
    const auto symbol = elf.find_symbol(exported);
    if (!symbol) return site_error(exported, "the interpreter does not export it");
    Result<FunctionCode> function = FunctionCode::trace(elf, symbol->address);
    if (!function) return site_error(exported, function.error().message());
    codes.push_back(*std::move(function));
    const auto address = method_function(interpreter, memory, "PyContextVar_Type", method);
    if (!address) return site_error(exported, "the method of ContextVar that calls it was not found");
    Result<FunctionCode> caller = FunctionCode::trace(elf, *address);
    if (!caller) return site_error(exported, caller.error().message());
    if (!leads_to(elf, *caller, symbol->address)) codes.push_back(*std::move(caller));
    return codes;
}

}  // namespace flowtap
