// SPDX-License-Identifier: Apache-2.0
// CPython 3.11. The headers of 3.11.7; checked against its DWARF and running 3.11.2 (Debian) and 3.11.7.
// scripts/python_layout.py prints these figures from a version's headers.
#include "python/versions/all_versions.h"

namespace flowtap {

namespace {

// Include/internal/pycore_runtime.h: _PyRuntimeState; pycore_interp.h: PyInterpreterState;
// pycore_gil.h: struct _gil_runtime_state.
constexpr void set_runtime(PythonLayout& layout) {
    layout.runtime_initialized = 16;
    layout.runtime_interpreters_main = 48;
    layout.runtime_current_thread = 576;  // gilstate.tstate_current
    layout.interpreter_next = 0;
    layout.interpreter_modules = 888;
    layout.interpreter_threads_head = 16;
    layout.gil_holder = 8;
    layout.gil_locked = 16;
    layout.bpf.interpreter_id = 48;
}

// Include/cpython/pystate.h: PyThreadState, _PyCFrame; Include/internal/pycore_frame.h: _PyInterpreterFrame;
// Include/cpython/genobject.h: PyGenObject.
constexpr void set_threads(ft_python& bpf) {
    bpf.tstate_frame = 56;  // cframe
    bpf.cframe_frame = 8;
    bpf.tstate_exception = 96;  // curexc_type
    bpf.tstate_thread_id = 152;
    bpf.tstate_exc_info = 120;
    bpf.tstate_context = 224;
    bpf.tstate_interpreter = 16;
    bpf.frame_code = 32;  // f_code
    bpf.frame_previous = 48;
    bpf.frame_function = 0;  // f_func
    bpf.frame_locals = 72;
    bpf.frame_owner = 69;
    bpf.frame_is_entry = 68;
    bpf.frame_instruction = 56;  // prev_instr
    bpf.kept_frame = 48;         // _f_frame_data
    bpf.generator_frame = 80;
    bpf.generator_state = 75;
    bpf.frame_via_cframe = 1;
    bpf.exception_is_type = 1;
    bpf.reference_mask = ~0ULL;
}

// Include/cpython/code.h: PyCodeObject; funcobject.h, classobject.h, cellobject.h.
constexpr void set_code(PythonLayout& layout) {
    layout.code_consts = 24;
    layout.code_argcount = 56;
    layout.code_kwonlyargcount = 64;
    layout.code_flags = 48;
    layout.code_localsplusnames = 96;
    layout.code_filename = 112;
    layout.code_name = 120;
    layout.code_qualname = 128;
    layout.code_adaptive = 184;
    layout.code_warmup = 52;
    layout.bpf.function_code = 48;
    layout.bpf.function_name = 32;
    layout.function_dict = 88;
    layout.bpf.method_function = 16;
    layout.bpf.method_self = 24;
    layout.bpf.cell_value = 16;
}

// Include/cpython/object.h: PyTypeObject, PyHeapTypeObject.
constexpr void set_types(PythonLayout& layout) {
    layout.object_type = 8;
    layout.type_base = 256;
    layout.type_dict = 264;
    layout.type_mro = 344;
    layout.type_subclasses = 360;
    layout.bpf.type_name = 24;
    layout.bpf.type_basicsize = 32;
    layout.bpf.type_flags = 168;
    layout.bpf.type_dictoffset = 288;
    layout.bpf.type_cached_keys = 872;
}

// Include/cpython: dictobject.h, longintrepr.h, tupleobject.h, unicodeobject.h, weakrefobject.h;
// Include/internal/pycore_dict.h: PyDictKeysObject, PyDictValues; Objects/funcobject.c: classmethod.
constexpr void set_objects(PythonLayout& layout) {
    layout.weakref_object = 16;
    layout.wrapped_callable = 16;
    layout.tuple_size = 16;
    layout.tuple_items = 24;
    layout.dict_used = 16;
    layout.keys_log2_size = 8;
    layout.bpf.dict_keys = 32;
    layout.bpf.dict_values = 40;
    layout.bpf.split_values = 0;
    layout.bpf.keys_log2_index_bytes = 9;
    layout.bpf.keys_kind = 10;
    layout.bpf.keys_count = 24;
    layout.bpf.keys_indices = 32;
    layout.bpf.str_length = 16;
    layout.bpf.str_state = 32;
    layout.bpf.str_ascii_data = 48;
    layout.bpf.str_compact_data = 72;
    layout.bpf.int_tag = 16;
    layout.bpf.int_digits = 24;
    layout.bpf.attributes = FT_ATTRIBUTES_POINTERS;
}

constexpr PythonLayout layout() {
    PythonLayout layout = {};
    set_runtime(layout);
    set_threads(layout.bpf);
    set_code(layout);
    set_types(layout);
    set_objects(layout);
    return layout;
}

// Include/opcode.h, Include/internal/pycore_opcode.h.
constexpr Opcodes kOpcodes = {
    .resume = 151,
    .resume_run = {150},  // RESUME_QUICK
    .resume_instrumented = 0,
    .resume_caches = 0,
    .returns = {83},  // RETURN_VALUE
    .prologue = {135, 149, 144},
    .coroutine = {75, 1},
    .get_awaitable = 131,
    .call_ex_caches = 0,
    // SEND, YIELD_VALUE
    .awaits = {123, 86},
};

}  // namespace

constinit const PythonVersion kPython3_11 = {
    .minor = 11,
    .layout = layout(),
    .debug_offsets = nullptr,
    .opcodes = kOpcodes,
    .states = {.created = -2, .suspended_first = -1, .suspended_last = -1, .final = {1, 4}, .executing = 0},
    .awaits = AwaitShape::kThroughC,
    .run_sign = RunSign::kWarmupCount,
    .first_shim_owner = 0,
    .pops_frame_first = false,
    .close_ends_in_place = false,
    .traceback_without_line = false,
    .vectorcall_has_copies = false,
};

}  // namespace flowtap
