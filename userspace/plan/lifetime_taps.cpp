// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include "elf/direct_calls.h"
#include "elf/function_code.h"
#include "elf/local_site.h"
#include "elf/operands.h"
#include "plan/python_taps.h"
#include "plan/tap_probe.h"

namespace flowtap {

Result<std::vector<PlannedProbe>> birth_taps(const Interpreter& interpreter) {
    const ElfFile& elf = interpreter.elf();
    const auto maker = elf.find_symbol("_Py_MakeCoro");
    if (!maker) return tap_error("_Py_MakeCoro", "this build of the interpreter has no symbol for it");
    std::vector<PlannedProbe> probes;
    for (std::uint64_t call : direct_calls_of(elf, maker->address)) {
        const std::optional<LocalSite> site = site_after_call(elf, call);
        if (!site)
            return tap_error("_Py_MakeCoro", "no instruction after a call of it has its result at hand");
        PlannedProbe probe = probe_at(interpreter, site->site, "python:birth", Program::kPythonBirth);
        probe.result_register = static_cast<std::uint8_t>(site->holder);
        probes.push_back(std::move(probe));
    }
    if (probes.empty()) return tap_error("_Py_MakeCoro", "no call of it was found");
    return probes;
}

Result<std::vector<PlannedProbe>> completion_tap(const Interpreter& interpreter) {
    constexpr std::uint8_t kFrameCleared = 4;  // Include/internal/pycore_frame.h: FRAME_CLEARED
    const ElfFile& elf = interpreter.elf();
    const ft_python& layout = interpreter.layout().bpf;
    auto clear = elf.find_symbol("_PyEval_FrameClearAndPop");
    if (!clear) clear = elf.find_symbol("_PyEvalFrameClearAndPop");
    if (!clear)
        return tap_error("_PyEval_FrameClearAndPop", "this build of the interpreter has no symbol for it");
    Result<FunctionCode> code = FunctionCode::trace(elf, clear->address);
    if (!code) return code.error();
    for (const ByteStore& store :
         byte_stores_at(elf, *code, layout.generator_state - layout.generator_frame)) {
        const std::uint64_t next = code->at(store.address)->instruction.next();
        const auto site = site_from(elf, next, RegisterSet(store.base));
        if (store.value != kFrameCleared || !site) continue;
        PlannedProbe probe =
            probe_at(interpreter, site->site, "python:completion", Program::kPythonCompletion);
        probe.object_register = static_cast<std::uint8_t>(site->holder);
        return std::vector<PlannedProbe>{std::move(probe)};
    }
    return tap_error("_PyEval_FrameClearAndPop", "the branch that clears a generator's frame was not found");
}

Result<std::vector<PlannedProbe>> death_tap(const Interpreter& interpreter, const Memory& memory) {
    const auto dealloc = type_slot(interpreter, memory, "PyCoro_Type", {kTypeDealloc});
    if (!dealloc) return tap_error("PyCoro_Type", "its tp_dealloc slot cannot be read");
    // Deaths are as many as generators: worth the search for a cheap instruction beyond the argument's
    // register.
    if (const auto site = site_from(interpreter.elf(), *dealloc, RegisterSet(Register::kRdi))) {
        PlannedProbe probe = probe_at(interpreter, site->site, "python:death", Program::kPythonDeath);
        probe.object_register = static_cast<std::uint8_t>(site->holder);
        return std::vector<PlannedProbe>{std::move(probe)};
    }
    Result<PlannedProbe> probe =
        entry_probe(interpreter, *dealloc, "gen_dealloc", "python:death", Program::kPythonDeath);
    if (!probe) return probe.error();
    return std::vector<PlannedProbe>{std::move(*probe)};
}

}  // namespace flowtap
