// SPDX-License-Identifier: Apache-2.0
// All that is known of one CPython minor version: v3_N.cpp has the values, and where each is from. Nothing
// else compares version numbers. docs/adding-a-python-version.md is the way to the next one.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "bpf/target.h"
#include "python/layout.h"
#include "python/versions/debug_offset_table.h"

namespace flowtap {

using ReturnOpcodes = std::array<std::uint8_t, FT_RETURN_OPCODES>;

// Include/opcode.h, Include/opcode_ids.h. 0, which is CACHE, fills up.
struct Opcodes {
    std::uint8_t resume;
    std::array<std::uint8_t, 3> resume_run;  // what replaces RESUME once it has run
    std::uint8_t resume_instrumented;        // sys.monitoring's; 0: it leaves RESUME alone
    std::uint8_t resume_caches;              // units that belong to it
    ReturnOpcodes returns;                   // RETURN_VALUE, RETURN_CONST, and sys.monitoring's
    // MAKE_CELL, COPY_FREE_VARS, EXTENDED_ARG: what may stand before RESUME. None has a cache.
    std::array<std::uint8_t, 3> prologue;
    std::array<std::uint8_t, 2> coroutine;  // RETURN_GENERATOR, POP_TOP: as well, in a coroutine
    std::uint8_t get_awaitable;
    std::uint8_t call_ex_caches;  // units that belong to CALL_FUNCTION_EX
    // Where a frame stands that awaits what C steps: SEND and its kin, or what follows YIELD_VALUE.
    std::array<std::uint8_t, 9> awaits;
};

// Instructions that a first run changes: each has a counter, its first cache unit, until it is specialised.
struct Counters {
    std::uint16_t fresh = 0;                // of one that never ran
    std::span<const std::uint8_t> plain;    // instructions without a cache that nothing jumps at or away from
    std::span<const std::uint8_t> counted;  // those with a counter, specialised or not
};

// Values of gi_frame_state, Include/internal/pycore_frame.h: enum _framestate.
struct GeneratorStates {
    std::int8_t created;
    std::int8_t suspended_first;  // all between the two are suspended
    std::int8_t suspended_last;
    std::array<std::int8_t, 2> final;  // COMPLETED, CLEARED; the same twice where there is one
    std::int8_t executing;
};

// How `await` runs the coroutine it awaits.
enum class AwaitShape : std::uint8_t {
    kThroughC,  // by a C function, each step anew
    kInlined,   // inside the awaiting frame's evaluation
};

// What a first run leaves in the code object.
enum class RunSign : std::uint8_t {
    kWarmupCount,     // co_warmup counts calls, from kFirstWarmup on
    kFirstCounter,    // the counter of the first instruction that has one leaves Counters::fresh
    kResumeReplaced,  // RESUME turns into one of Opcodes::resume_run
};

struct PythonVersion {
    unsigned minor;
    PythonLayout layout;                    // but for what the members below say, which layout_of() adds
    const DebugOffsetTable* debug_offsets;  // null: the interpreter tells nothing of itself
    Opcodes opcodes;
    GeneratorStates states;
    AwaitShape awaits;
    RunSign run_sign;
    Counters counters = {};         // with kFirstCounter
    std::uint8_t first_shim_owner;  // frame.owner from which on a frame stands for a C function; 0: none does
    bool pops_frame_first;          // a returning frame is no longer current when it lets go of its code
    bool close_ends_in_place;       // close() ends a coroutine that has nothing to run without running it
    bool traceback_without_line;    // a new traceback's tb_lineno is -1
    bool vectorcall_has_copies;     // bound methods are called through more functions than method_vectorcall
};

inline constexpr std::uint16_t kFirstWarmup = 0xfff8;  // -8, Include/internal/pycore_code.h of 3.11

// null for a minor version outside [kOldestPythonMinor, kNewestPythonMinor].
const PythonVersion* python_version(unsigned minor);

// The whole of it, with what BPF programs ask instead of the version.
PythonLayout layout_of(const PythonVersion& version);

// Of python_version(minor).
std::optional<PythonLayout> layout_of_minor(unsigned minor);

}  // namespace flowtap
