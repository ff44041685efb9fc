// SPDX-License-Identifier: Apache-2.0
// CPython 3.15. The headers of 3.15.2 (Debian); checked against the running interpreter.
// scripts/python_layout.py prints these figures from a version's headers.
#include "python/versions/all_versions.h"

namespace flowtap {

namespace {

// Include/internal/pycore_runtime_structs.h: _PyRuntimeState; pycore_interp_structs.h: PyInterpreterState;
// pycore_gil.h: struct _gil_runtime_state.
constexpr void set_runtime(PythonLayout& layout) {
    layout.runtime_initialized = 904;
    layout.runtime_interpreters_main = 944;
    layout.interpreter_next = 7264;
    layout.interpreter_modules = 7592;
    layout.interpreter_threads_head = 7336;
    layout.interpreter_gil = 16;  // ceval.gil
    layout.interpreter_jit = 223408;
    layout.gil_holder = 8;
    layout.gil_locked = 16;
    layout.bpf.interpreter_id = 7272;
}

// Include/cpython/pystate.h: PyThreadState; Include/internal/pycore_interpframe_structs.h:
// _PyInterpreterFrame; Include/internal/pycore_interpframe_structs.h: PyGenObject.
constexpr void set_threads(ft_python& bpf) {
    bpf.tstate_frame = 72;       // current_frame
    bpf.tstate_exception = 136;  // current_exception
    bpf.tstate_thread_id = 176;
    bpf.tstate_exc_info = 144;
    bpf.tstate_context = 232;
    bpf.tstate_interpreter = 16;
    bpf.frame_code = 0;  // f_executable
    bpf.frame_previous = 8;
    bpf.frame_function = 16;  // f_funcobj
    bpf.frame_locals = 80;
    bpf.frame_stack_top = 64;  // stackpointer
    bpf.stack_top_is_address = 1;
    bpf.frame_owner = 74;
    bpf.frame_instruction = 56;  // instr_ptr
    bpf.frame_return_offset = 72;
    bpf.generator_frame = 72;
    bpf.generator_state = 67;
    bpf.tstate_in = FT_TSTATE_GIL;
    bpf.reference_mask = ~3ULL;  // Include/internal/pycore_stackref.h: Py_TAG_BITS
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
    layout.code_adaptive = 208;
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
    layout.bpf.type_cached_keys = 888;
}

// Include/cpython: dictobject.h, longintrepr.h, tupleobject.h, unicodeobject.h, weakrefobject.h;
// Include/internal/pycore_dict.h: PyDictKeysObject, PyDictValues; Objects/funcobject.c: classmethod.
constexpr void set_objects(PythonLayout& layout) {
    layout.weakref_object = 16;
    layout.wrapped_callable = 16;
    layout.tuple_size = 16;
    layout.tuple_items = 32;
    layout.dict_used = 16;
    layout.keys_log2_size = 8;
    layout.inline_values_valid = 3;
    layout.bpf.dict_keys = 32;
    layout.bpf.dict_values = 40;
    layout.bpf.split_values = 8;
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
    layout.bpf.attributes = FT_ATTRIBUTES_INLINE;
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

// Include/internal/pycore_debug_offsets.h: the words of _Py_DebugOffsets.
constexpr std::array kDebugOffsets = {
    DebugOffset{"id", 6, 7, &ft_python::interpreter_id},
    DebugOffset{"next", 6, 8, &PythonLayout::interpreter_next},
    DebugOffset{"threads.head", 6, 9, &PythonLayout::interpreter_threads_head},
    DebugOffset{"imports.modules", 6, 12, &PythonLayout::interpreter_modules},
    DebugOffset{"ceval.gil", 6, 15, &PythonLayout::interpreter_gil},
    DebugOffset{"interp", 22, 25, &ft_python::tstate_interpreter},
    DebugOffset{"current_frame", 22, 26, &ft_python::tstate_frame},
    DebugOffset{"thread_id", 22, 30, &ft_python::tstate_thread_id},
    DebugOffset{"current_exception", 22, 36, &ft_python::tstate_exception},
    DebugOffset{"previous", 39, 40, &ft_python::frame_previous},
    DebugOffset{"f_executable", 39, 41, &ft_python::frame_code},
    DebugOffset{"instr_ptr", 39, 42, &ft_python::frame_instruction},
    DebugOffset{"localsplus", 39, 43, &ft_python::frame_locals},
    DebugOffset{"owner", 39, 44, &ft_python::frame_owner},
    DebugOffset{"co_filename", 47, 48, &PythonLayout::code_filename},
    DebugOffset{"co_name", 47, 49, &PythonLayout::code_name},
    DebugOffset{"co_qualname", 47, 50, &PythonLayout::code_qualname},
    DebugOffset{"co_argcount", 47, 53, &PythonLayout::code_argcount},
    DebugOffset{"co_localsplusnames", 47, 54, &PythonLayout::code_localsplusnames},
    DebugOffset{"co_code_adaptive", 47, 56, &PythonLayout::code_adaptive},
    DebugOffset{"ob_type", 58, 59, &PythonLayout::object_type},
    DebugOffset{"tp_name", 60, 61, &ft_python::type_name},
    DebugOffset{"tp_flags", 60, 63, &ft_python::type_flags},
    DebugOffset{"tp_basicsize", 60, 64, &ft_python::type_basicsize},
    DebugOffset{"tp_dictoffset", 60, 65, &ft_python::type_dictoffset},
    DebugOffset{"ht_cached_keys", 66, 67, &ft_python::type_cached_keys},
    DebugOffset{"tuple.ob_item", 68, 69, &PythonLayout::tuple_items},
    DebugOffset{"tuple.ob_size", 68, 70, &PythonLayout::tuple_size},
    DebugOffset{"ma_keys", 78, 79, &ft_python::dict_keys},
    DebugOffset{"ma_values", 78, 80, &ft_python::dict_values},
    DebugOffset{"lv_tag", 83, 84, &ft_python::int_tag},
    DebugOffset{"ob_digit", 83, 85, &ft_python::int_digits},
    DebugOffset{"str.state", 89, 90, &ft_python::str_state},
    DebugOffset{"str.length", 89, 91, &ft_python::str_length},
    DebugOffset{"gi_iframe", 99, 101, &ft_python::generator_frame},
    DebugOffset{"gi_frame_state", 99, 102, &ft_python::generator_state},
};

constexpr DebugOffsetTable kDebugOffsetTable = {
    .words = 111,
    .members = kDebugOffsets,
    .gil = 16,
    .gil_locked = 18,
    .gil_holder = 19,
    .ascii_size = 92,
    .compact_size = 93,
    .jit_interpreter_size = 226240,
};

// Include/opcode_ids.h.
constexpr Opcodes kOpcodes = {
    .resume = 128,
    .resume_run = {200, 201, 254},  // RESUME_CHECK, RESUME_CHECK_JIT, ENTER_EXECUTOR
    .resume_instrumented = 244,
    .resume_caches = 1,
    .returns = {33, 245},  // RETURN_VALUE, INSTRUMENTED_RETURN_VALUE
    .prologue = {96, 58, 67},
    .coroutine = {32, 29},
    .get_awaitable = 69,
    .call_ex_caches = 1,
    // SEND, SEND_GEN, SEND_VIRTUAL, SEND_ASYNC_GEN, RESUME, RESUME_CHECK, RESUME_CHECK_JIT,
    // INSTRUMENTED_RESUME, ENTER_EXECUTOR
    .awaits = {105, 203, 204, 202, 128, 200, 201, 244, 254},
};

}  // namespace

constinit const PythonVersion kPython3_15 = {
    .minor = 15,
    .layout = layout(),
    .debug_offsets = &kDebugOffsetTable,
    .opcodes = kOpcodes,
    .states = {.created = 0, .suspended_first = 1, .suspended_last = 2, .final = {5, 5}, .executing = 4},
    .awaits = AwaitShape::kInlined,
    .run_sign = RunSign::kResumeReplaced,
    .first_shim_owner = 3,
    .pops_frame_first = true,
    .close_ends_in_place = true,
    .traceback_without_line = true,
    .vectorcall_has_copies = true,
};

}  // namespace flowtap
