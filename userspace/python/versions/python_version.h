// SPDX-License-Identifier: Apache-2.0
// Everything about one CPython minor version: v3_N.cpp has the values and their sources. No other code
// compares version numbers. docs/adding-a-python-version.md explains how to add one.
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

// Include/opcode.h, Include/opcode_ids.h. Padded with 0, which is CACHE.
struct Opcodes {
    std::uint8_t resume;
    std::array<std::uint8_t, 3> resume_run;  // opcodes that replace RESUME after its first run
    std::uint8_t resume_instrumented;        // sys.monitoring's; 0: it does not replace RESUME
    std::uint8_t resume_caches;              // its cache units
    ReturnOpcodes returns;                   // RETURN_VALUE, RETURN_CONST, and sys.monitoring's
    // MAKE_CELL, COPY_FREE_VARS, EXTENDED_ARG: opcodes that may precede RESUME. None has a cache.
    std::array<std::uint8_t, 3> prologue;
    std::array<std::uint8_t, 2> coroutine;  // RETURN_GENERATOR, POP_TOP: also precede it in a coroutine
    std::uint8_t get_awaitable;
    std::uint8_t call_ex_caches;  // cache units of CALL_FUNCTION_EX
    // Where a frame stands that awaits something stepped by C: SEND and its variants, or what follows
    // YIELD_VALUE.
    std::array<std::uint8_t, 9> awaits;
};

// Instructions that the first run changes: each has a counter, in its first cache unit, until it is
// specialised.
struct Counters {
    std::uint16_t fresh = 0;  // value in an instruction that never ran
    std::span<const std::uint8_t>
        plain;  // instructions without a cache that are neither jumps nor targets of jumps
    std::span<const std::uint8_t> counted;  // instructions with a counter, specialised or not
};

// Values of gi_frame_state, Include/internal/pycore_frame.h: enum _framestate.
struct GeneratorStates {
    std::int8_t created;
    std::int8_t suspended_first;  // the first of the suspended states, which are consecutive
    std::int8_t suspended_last;
    std::array<std::int8_t, 2> final;  // COMPLETED, CLEARED; the same twice if there is only one
    std::int8_t executing;
};

// How `await` runs the awaited coroutine.
enum class AwaitShape : std::uint8_t {
    kThroughC,  // through a C function for each step
    kInlined,   // inside the evaluation of the awaiting frame
};

// What the first run changes in the code object.
enum class RunSign : std::uint8_t {
    kWarmupCount,     // co_warmup counts calls, from kFirstWarmup on
    kFirstCounter,    // the counter of the first instruction that has one leaves Counters::fresh
    kResumeReplaced,  // RESUME turns into one of Opcodes::resume_run
};

struct PythonVersion {
    unsigned minor;
    PythonLayout layout;                    // without what the members below determine; layout_of() adds that
    const DebugOffsetTable* debug_offsets;  // null: the version has no such table
    Opcodes opcodes;
    GeneratorStates states;
    AwaitShape awaits;
    RunSign run_sign;
    Counters counters = {};  // only with kFirstCounter
    std::uint8_t
        first_shim_owner;      // lowest frame.owner of frames that stand for C functions; 0: there are none
    bool pops_frame_first;     // a returning frame is no longer current when it releases its code
    bool close_ends_in_place;  // close() ends a coroutine that has nothing to run without running it
    bool traceback_without_line;  // tb_lineno of a new traceback is -1
    bool vectorcall_has_copies;   // bound methods are called through other functions than method_vectorcall,
                                  // too
};

inline constexpr std::uint16_t kFirstWarmup = 0xfff8;  // -8, Include/internal/pycore_code.h of 3.11

// null for a minor version outside [kOldestPythonMinor, kNewestPythonMinor].
const PythonVersion* python_version(unsigned minor);

// The complete layout, with the traits that BPF programs use instead of the version.
PythonLayout layout_of(const PythonVersion& version);

// The layout of python_version(minor).
std::optional<PythonLayout> layout_of_minor(unsigned minor);

}  // namespace flowtap
