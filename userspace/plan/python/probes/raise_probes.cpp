// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <iterator>
#include <set>

#include "code/function/function_code.h"
#include "code/operands.h"
#include "code/values/null_result.h"
#include "plan/python/probes/bound_methods.h"
#include "plan/python/probes/python_probes.h"
#include "plan/python/probes/site_probes.h"

namespace flowtap {
namespace {

// Include/cpython/object.h: PyTypeObject.
constexpr int kTypeVectorcallOffset = 0x38;

// Finds the sites of every C function through which methods are called, and of what they call to do so.
class RaiseSearch {
public:
    explicit RaiseSearch(const ElfFile& elf) : elf_(elf) {}

    Result<void> add(const char* name, std::uint64_t function) {
        if (!seen_.insert(function).second) return {};
        Result<FunctionCode> code = FunctionCode::trace(elf_, function);
        if (!code) return site_error(name, code.error().message());
        for (const auto& [address, node] : code->nodes()) {
            const Instruction& call = node.instruction;
            if (!call.is_call() || node.successors.empty()) continue;
            Result<void> done = {};
            if (is_outlined_vectorcall(elf_, call) && knows_vectorcall(*call.target)) {
                done = add(name, elf_.resolve_call(*call.target).value_or(*call.target));
            } else if (runs_python(*code, call)) {
                done = add_call(name, *code, call);
            } else {
                continue;
            }
            if (!done) return done;
            calls_++;
        }
        return {};
    }

    [[nodiscard]] const NullSites& sites() const { return sites_; }
    // Calls that run a method, found so far.
    [[nodiscard]] std::size_t calls() const { return calls_; }

private:
    // Whether a call runs Python code: the evaluator, a function that leads to it, or a vectorcall slot; not
    // a destructor.
    [[nodiscard]] bool runs_python(const FunctionCode& code, const Instruction& call) const {
        return evaluates_frame(elf_, call) || may_call_slot(elf_, code, call);
    }

    // False for _PyObject_MakeTpCall, which no call of a Python function passes.
    [[nodiscard]] bool knows_vectorcall(std::uint64_t function) const {
        Result<FunctionCode> code = FunctionCode::trace(elf_, function);
        return code && loads_word_at(elf_, *code, kTypeVectorcallOffset);
    }

    // Whether it is _Py_CheckFunctionResult(tstate, callable, result, where), Objects/call.c, or a clone of
    // it, which is not inlined everywhere: a function that tests its third argument, in one place.
    bool is_check(std::uint64_t function) {
        Result<FunctionCode> code = FunctionCode::trace(elf_, function);
        if (!code) return false;
        const auto nobody = [](const Instruction&) { return false; };
        const auto sites = find_null_sites(elf_, *code, function, RegisterSet(arch::kArguments[2]), nobody);
        if (!sites || sites->size() != 1) return false;
        sites_.insert(sites->begin(), sites->end());
        return true;
    }

    Result<void> add_call(const char* name, const FunctionCode& code, const Instruction& call) {
        const IsChecker checks = [this](const Instruction& other) {
            return is_check(elf_.resolve_call(*other.target).value_or(*other.target));
        };
        const auto found = find_null_sites(elf_, code, call.next(), RegisterSet(arch::kResult), checks);
        if (!found) return site_error(name, "the instruction that tests the method's result was not found");
        sites_.insert(found->begin(), found->end());
        return {};
    }

    const ElfFile& elf_;
    std::set<std::uint64_t> seen_;
    NullSites sites_;
    std::size_t calls_ = 0;
};

}  // namespace

Result<std::vector<PlannedProbe>> raise_probes(const Interpreter& interpreter) {
    Result<std::vector<MethodFunction>> functions = method_functions(interpreter);
    if (!functions) return functions.error();
    RaiseSearch search(interpreter.elf());
    for (const MethodFunction& function : *functions) {
        const std::size_t before = search.calls();
        if (Result<void> done = search.add(function.name, function.address); !done) return done.error();
        if (search.calls() == before) return site_error(function.name, "no call in it runs the method");
    }
    std::vector<PlannedProbe> probes;
    for (const auto& [address, site] : search.sites())
        probes.push_back(probe_at(interpreter, site, "python:raised", RaisedCall{}));
    return probes;
}

}  // namespace flowtap
