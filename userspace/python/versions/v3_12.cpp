// SPDX-License-Identifier: Apache-2.0
// CPython 3.12. The headers of 3.12.1; checked against its DWARF and the running interpreter.
// scripts/python_layout.py prints these figures from a version's headers.
#include "python/versions/all_versions.h"

namespace flowtap {

namespace {

// Include/internal/pycore_runtime.h: _PyRuntimeState; pycore_interp.h: PyInterpreterState;
// pycore_gil.h: struct _gil_runtime_state.
constexpr void set_runtime(PythonLayout& layout) {
    layout.runtime_initialized = 16;
    layout.runtime_interpreters_main = 48;
    layout.interpreter_next = 0;
    layout.interpreter_modules = 944;
    layout.interpreter_threads_head = 72;
    layout.interpreter_gil = 384;  // ceval.gil
    layout.gil_holder = 8;
    layout.gil_locked = 16;
    layout.bpf.interpreter_id = 8;
}

// Include/cpython/pystate.h: PyThreadState, _PyCFrame; Include/internal/pycore_frame.h: _PyInterpreterFrame;
// Include/cpython/genobject.h: PyGenObject.
constexpr void set_threads(ft_python& bpf) {
    bpf.tstate_frame = 56;  // cframe
    bpf.cframe_frame = 0;
    bpf.tstate_exception = 96;  // current_exception
    bpf.tstate_thread_id = 136;
    bpf.tstate_exc_info = 104;
    bpf.tstate_context = 208;
    bpf.tstate_interpreter = 16;
    bpf.frame_code = 0;  // f_code
    bpf.frame_previous = 8;
    bpf.frame_function = 16;  // f_funcobj
    bpf.frame_locals = 72;
    bpf.frame_stack_top = 64;  // stacktop
    bpf.return_constants[0] = 121;
    bpf.return_constants[1] = 247;
    bpf.frame_owner = 70;
    bpf.frame_instruction = 56;  // prev_instr
    bpf.generator_frame = 72;
    bpf.generator_state = 67;
    bpf.frame_via_cframe = 1;
    bpf.tstate_in = FT_TSTATE_GIL;
    bpf.reference_mask = ~0ULL;
}

// Include/cpython/code.h: PyCodeObject; funcobject.h, classobject.h, cellobject.h.
constexpr void set_code(PythonLayout& layout) {
    layout.code_consts = 24;
    layout.bpf.code_consts = 24;
    layout.code_argcount = 52;
    layout.code_kwonlyargcount = 60;
    layout.code_flags = 48;
    layout.code_localsplusnames = 96;
    layout.code_filename = 112;
    layout.code_name = 120;
    layout.code_qualname = 128;
    layout.code_adaptive = 192;
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
    layout.bpf.type_cached_keys = 880;
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
    layout.bpf.str_ascii_data = 40;
    layout.bpf.str_compact_data = 56;
    layout.bpf.int_tag = 16;
    layout.bpf.int_digits = 24;
    layout.bpf.attributes = FT_ATTRIBUTES_TAGGED;
    layout.bpf.int_tagged = 1;
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
    .resume_run = {},
    .resume_instrumented = 240,
    .resume_caches = 0,
    .returns = {83, 121, 242,
                247},  // RETURN_VALUE, RETURN_CONST, INSTRUMENTED_RETURN_VALUE, INSTRUMENTED_RETURN_CONST
    .prologue = {135, 149, 144},
    .coroutine = {75, 1},
    .get_awaitable = 131,
    .call_ex_caches = 0,
    // SEND, SEND_GEN, YIELD_VALUE, INSTRUMENTED_YIELD_VALUE
    .awaits = {123, 168, 150, 243},
};

// Include/opcode.h. What stands before the first counter of a function is mostly loads.
constexpr std::uint8_t kPlain[] = {2,   9,   1,   99,  120, 100, 124, 125, 127, 143, 136, 137, 138,
                                   102, 103, 105, 104, 156, 172, 132, 144, 88,  86,  84,  154, 158};
// LOAD_GLOBAL, BINARY_OP, UNPACK_SEQUENCE, COMPARE_OP, BINARY_SUBSCR, LOAD_SUPER_ATTR, LOAD_ATTR, STORE_ATTR,
// CALL, STORE_SUBSCR, and what each is specialised to.
constexpr std::uint8_t kCounted[] = {
    116, 122, 92, 107, 25, 141, 106, 95, 171, 60, 6,   7,   8,   10,  13,  14,  16,  18,  19,  20, 21, 22,
    23,  24,  28, 29,  34, 38,  39,  40, 41,  42, 43,  44,  45,  46,  47,  48,  56,  57,  58,  59, 66, 67,
    70,  72,  73, 76,  77, 78,  79,  80, 81,  82, 111, 112, 113, 148, 153, 159, 160, 161, 166, 167};

// Include/internal/pycore_code.h: adaptive_counter_warmup().
constexpr Counters kCounters = {.fresh = 17, .plain = kPlain, .counted = kCounted};

}  // namespace

constinit const PythonVersion kPython3_12 = {
    .minor = 12,
    .layout = layout(),
    .debug_offsets = nullptr,
    .opcodes = kOpcodes,
    .states = {.created = -2, .suspended_first = -1, .suspended_last = -1, .final = {1, 4}, .executing = 0},
    .awaits = AwaitShape::kInlined,
    .run_sign = RunSign::kFirstCounter,
    .counters = kCounters,
    .first_shim_owner = 3,
    .pops_frame_first = true,
    .close_ends_in_place = true,
    .traceback_without_line = true,
    .vectorcall_has_copies = false,
};

}  // namespace flowtap
