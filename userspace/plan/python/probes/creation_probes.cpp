// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "code/direct_calls.h"
#include "code/function/function_code.h"
#include "code/operands.h"
#include "code/text_search.h"
#include "plan/python/probes/python_probes.h"
#include "plan/python/probes/site_probes.h"
#include "sites/local_site.h"

namespace flowtap {

namespace {

constexpr const char* kMaker = "_Py_MakeCoro";

// Whether the load puts the address of an exported object of the interpreter into a register.
bool loads_object(const Interpreter& interpreter, const Memory& memory, const AddressLoad& load,
                  const char* object) {
    const auto address = interpreter.object_address(object);
    const std::uint64_t loaded = load.address + interpreter.load_bias();
    return address && (load.through_slot ? memory.read<std::uint64_t>(loaded) : loaded) == address;
}

// The first direct call in the straight-line code from this instruction on.
std::optional<std::uint64_t> next_call(const FunctionCode& code, std::uint64_t from) {
    const FunctionCode::Node* node = code.at(from);
    while (node != nullptr && node->successors.size() == 1) {
        if (node->instruction.flow == Flow::kCall) return node->instruction.address;
        if (node->instruction.flow != Flow::kNext) return std::nullopt;
        node = code.at(node->successors.front());
    }
    return std::nullopt;
}

// The only call in _Py_MakeCoro with PyCoro_Type as its first argument: it allocates the coroutine. nullopt
// if it cannot be identified with certainty.
std::optional<std::uint64_t> coroutine_allocation(const Interpreter& interpreter, const Memory& memory,
                                                  std::uint64_t maker) {
    Result<FunctionCode> code = FunctionCode::trace(interpreter.elf(), maker);
    if (!code) return std::nullopt;
    std::set<std::optional<std::uint64_t>> calls;
    for (const AddressLoad& load : address_loads(interpreter.elf(), *code)) {
        if (loads_object(interpreter, memory, load, "PyCoro_Type"))
            calls.insert(load.to == arch::kArguments[0] ? next_call(*code, load.instruction) : std::nullopt);
    }
    return calls.size() == 1 ? *calls.begin() : std::nullopt;
}

// Finds that call in a stripped file, in which the function has no name or is inlined into the evaluator: the
// only call with PyCoro_Type except the one in PyCoro_New, which is exported.
std::optional<std::uint64_t> unnamed_coroutine_allocation(const Interpreter& interpreter,
                                                          const Memory& memory) {
    constexpr int kFarthest = 8;
    const ElfFile& elf = interpreter.elf();
    std::map<std::uint64_t, bool> slots;
    const auto loads_coroutine_type = [&](const AddressLoad& load) {
        if (!load.through_slot) return loads_object(interpreter, memory, load, "PyCoro_Type");
        const auto [known, added] = slots.try_emplace(load.address, false);
        if (added) known->second = loads_object(interpreter, memory, load, "PyCoro_Type");
        return known->second;
    };
    const auto constructor = elf.find_symbol("PyCoro_New");
    std::vector<std::uint64_t> calls;
    for (const AddressLoad& load : argument0_loads_in_text(elf, loads_coroutine_type)) {
        const auto piece = elf.piece_of(load.instruction);
        if (constructor && piece && piece->start == constructor->address) continue;
        std::uint64_t address = load.instruction;
        for (int i = 0; i < kFarthest; i++) {
            const auto instruction = decode_instruction(elf, address);
            if (!instruction || (i > 0 && instruction->writes.contains(arch::kArguments[0]) &&
                                 instruction->flow == Flow::kNext))
                break;
            if (instruction->flow == Flow::kCall) calls.push_back(address);
            if (instruction->flow != Flow::kNext) break;
            address = instruction->next();
        }
    }
    return calls.size() == 1 ? std::optional(calls.front()) : std::nullopt;
}

// The pieces of the C functions that make a generator from a frame object, and of their callees: they mark it
// as created, too.
std::set<std::uint64_t> constructor_pieces(const ElfFile& elf) {
    std::set<std::uint64_t> starts;
    const auto add = [&](std::uint64_t address) {
        if (const auto piece = elf.piece_of(elf.resolve_call(address).value_or(address)))
            starts.insert(piece->start);
    };
    for (const char* name : {"PyCoro_New", "PyGen_New", "PyGen_NewWithQualName", "PyAsyncGen_New"}) {
        const auto function = elf.find_symbol(name);
        Result<FunctionCode> code =
            function ? FunctionCode::trace(elf, function->address) : site_error(name, "not exported");
        if (!code) continue;
        for (const auto& [address, node] : code->nodes()) {
            add(address);
            if (node.instruction.flow == Flow::kCall) add(node.instruction.target.value_or(0));
        }
        for (const TailCall& tail : code->tail_calls()) add(tail.target.value_or(0));
    }
    return starts;
}

PlannedProbe creation_probe(const Interpreter& interpreter, const LocalSite& site) {
    return probe_at(interpreter, site.site, "python:created", CoroutineCreation{site.holder});
}

// After RETURN_GENERATOR has stored the new object's state, while the frame that creates it is still the
// thread's current one. nullopt if another path joins before the site.
std::optional<LocalSite> site_after_creation(const Interpreter& interpreter, const ByteStore& store) {
    const ElfFile& elf = interpreter.elf();
    const ft_python& layout = interpreter.layout().bpf;
    const auto instruction = decode_instruction(elf, store.address);
    auto site = instruction ? site_from(elf, instruction->next(), RegisterSet(store.base)) : std::nullopt;
    if (!site) return std::nullopt;
    const AddressRange run{instruction->next(), site->site.address + 1};
    const int current = layout.frame_via_cframe != 0 ? layout.cframe_frame : layout.tstate_frame;
    if (stores_word_in_run(elf, run, current) || !jumps_into(elf, run).empty()) return std::nullopt;
    return site;
}

// For builds that inline the creation of coroutines into the interpreter's loop. Generators pass these sites,
// too.
Result<std::vector<PlannedProbe>> creations_in_place(const Interpreter& interpreter) {
    const auto created = static_cast<std::uint8_t>(interpreter.version().states.created);
    constexpr std::size_t kMostCopies = 8;
    const ElfFile& elf = interpreter.elf();
    const std::set<std::uint64_t> others = constructor_pieces(elf);
    std::vector<PlannedProbe> probes;
    for (const ByteStore& store :
         byte_stores_in_text(elf, interpreter.layout().bpf.generator_state, created)) {
        const auto piece = elf.piece_of(store.address);
        if (piece && others.contains(piece->start)) continue;
        const auto site = site_after_creation(interpreter, store);
        if (!site)
            return site_error(kMaker,
                              "it is inlined, and no instruction there that can be probed has the new object "
                              "in a register");
        probes.push_back(creation_probe(interpreter, *site));
    }
    if (probes.empty() || probes.size() > kMostCopies)
        return site_error(kMaker, "neither a call of it nor its inlined code was found");
    return probes;
}

std::vector<std::uint64_t> calls_of_maker(const Interpreter& interpreter) {
    const auto maker = interpreter.elf().find_symbol(kMaker);
    return maker ? direct_calls_of(interpreter.elf(), maker->address) : std::vector<std::uint64_t>();
}

}  // namespace

Result<std::vector<PlannedProbe>> all_creation_probes(const Interpreter& interpreter) {
    const std::vector<std::uint64_t> calls = calls_of_maker(interpreter);
    if (calls.empty()) return creations_in_place(interpreter);
    std::vector<PlannedProbe> probes;
    for (const std::uint64_t call : calls) {
        const std::optional<LocalSite> site = site_after_call(interpreter.elf(), call);
        if (!site)
            return site_error(kMaker,
                              "no instruction that can be probed has the result of its call in a register");
        probes.push_back(creation_probe(interpreter, *site));
    }
    return probes;
}

Result<std::vector<PlannedProbe>> creation_probes(const Interpreter& interpreter, const Memory& memory) {
    const ElfFile& elf = interpreter.elf();
    const auto maker = elf.find_symbol(kMaker);
    const std::vector<std::uint64_t> calls = calls_of_maker(interpreter);
    // A copy without callers shows nothing: it is inlined where it would be called.
    const auto allocation = calls.empty() ? unnamed_coroutine_allocation(interpreter, memory)
                                          : coroutine_allocation(interpreter, memory, maker->address);
    if (const auto call = allocation) {
        if (const auto site = site_after_call(elf, *call))
            return std::vector{creation_probe(interpreter, *site)};
    }
    return all_creation_probes(interpreter);
}

}  // namespace flowtap
