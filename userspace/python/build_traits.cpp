// SPDX-License-Identifier: Apache-2.0
#include "python/build_traits.h"

#include <optional>
#include <set>

#include "code/instruction.h"
#include "python/objects/object_reader.h"

namespace flowtap {

namespace {

constexpr std::size_t kLongestName = 32;

Error unusual_objects(const std::string& cause) {
    return {"watch", "Python", "its objects are not laid out as in an ordinary build: " + cause,
            "it may be free-threaded or trace references: run the program on an ordinary build",
            Error::Kind::kNoTarget};
}

// PyInterpreterState.jit (3.14+). Builds with --enable-experimental-jit=yes-off have the JIT, and
// PYTHON_JIT=1 turns it on.
std::optional<bool> jit_state(const ElfFile& elf, const Memory& memory, std::uint64_t interpreter,
                              const PythonLayout& layout) {
    if (layout.interpreter_jit != 0) {
        const auto on = memory.read<std::uint8_t>(interpreter + layout.interpreter_jit);
        if (on && *on <= 1) return *on == 1;
        return std::nullopt;
    }
    // Python/jit.c. Only builds with a JIT have a function of this name.
    if (elf.find_symbol("_PyJIT_Compile")) return std::nullopt;
    return false;
}

enum class Dispatch { kJumps, kCallsNamedHandlers, kNeither, kUnknown };

// How the evaluator reaches its opcode handlers, by its control flow without called functions. Unknown if the
// search takes too long. Optimisers append suffixes to the handlers' names.
Dispatch dispatch_of(const ElfFile& elf, std::uint64_t entry) {
    constexpr std::size_t kMost = 20'000;
    std::set<std::uint64_t> seen;
    std::vector<std::uint64_t> ahead{entry};
    while (!ahead.empty()) {
        const std::uint64_t address = ahead.back();
        ahead.pop_back();
        if (!seen.insert(address).second) continue;
        const auto instruction = decode_instruction(elf, address);
        if (!instruction || seen.size() > kMost) return Dispatch::kUnknown;
        const Flow flow = instruction->flow;
        if (flow == Flow::kIndirectJump) return Dispatch::kJumps;
        if (flow == Flow::kCall && elf.symbol_at(instruction->target.value_or(0)).starts_with("_TAIL_CALL_"))
            return Dispatch::kCallsNamedHandlers;
        const bool branches = flow == Flow::kJump || flow == Flow::kConditional;
        if (branches && instruction->target) ahead.push_back(*instruction->target);
        if (flow != Flow::kJump && flow != Flow::kReturn && flow != Flow::kStop)
            ahead.push_back(instruction->next());
    }
    return Dispatch::kNeither;
}

// Python/ceval_macros.h: with --with-tail-call-interp each opcode's handler is a function, and the evaluator
// only calls the first. A build with symbols has their names. In a stripped build the evaluator shows it: all
// other kinds, with a switch or computed gotos, jump to their handlers through a table.
std::optional<std::string> tail_calls(const ElfFile& elf) {
    constexpr const char* kKnown = "tail-call interpreter";
    if (elf.find_symbol("_TAIL_CALL_RESUME")) return kKnown;
    const auto evaluator = elf.find_symbol("_PyEval_EvalFrameDefault");
    const Dispatch dispatch = evaluator ? dispatch_of(elf, evaluator->address) : Dispatch::kUnknown;
    if (dispatch == Dispatch::kCallsNamedHandlers) return kKnown;
    if (dispatch == Dispatch::kNeither)
        return "probably a tail-call interpreter: its evaluator has no jump to handlers";
    return std::nullopt;
}

}  // namespace

Result<void> check_objects(const Memory& memory, const PythonLayout& layout, std::uint64_t type_type) {
    const auto none_type = memory.read<std::uint64_t>(layout.bpf.none + layout.object_type);
    const auto its_type =
        none_type ? memory.read<std::uint64_t>(*none_type + layout.object_type) : std::nullopt;
    if (!its_type) return unusual_objects("None has no type");
    if (*its_type != type_type) return unusual_objects("the type of None is not a type");
    const auto name = memory.read<std::uint64_t>(*none_type + layout.bpf.type_name);
    if (!name || memory.read_cstring(*name, kLongestName) != "NoneType")
        return unusual_objects("the type of None has another name");
    return {};
}

bool traces_references(const Memory& memory, const PythonLayout& layout, std::uint64_t interpreter) {
    const ObjectReader objects(memory, layout);
    const auto modules = memory.read<std::uint64_t>(interpreter + layout.interpreter_modules);
    const auto sys = modules ? objects.dict_value(*modules, "sys") : std::nullopt;
    const auto names = sys ? objects.instance_dict(*sys) : std::nullopt;
    const auto function = names ? objects.dict_value(*names, "getobjects") : std::nullopt;
    const auto type = function ? objects.type_of(*function) : std::nullopt;
    return type && objects.type_name(*type) == "builtin_function_or_method";
}

std::vector<std::string> unusual_traits(const ElfFile& elf, const Memory& memory, std::uint64_t interpreter,
                                        const PythonLayout& layout) {
    std::vector<std::string> traits;
    const std::optional<bool> jit = jit_state(elf, memory, interpreter, layout);
    if (!jit) traits.emplace_back("with a JIT; whether it is on is not known");
    if (jit.value_or(false)) traits.emplace_back("JIT on");
    if (const auto calls = tail_calls(elf)) traits.push_back(*calls);
    return traits;
}

}  // namespace flowtap
