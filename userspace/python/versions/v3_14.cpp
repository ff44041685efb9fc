// SPDX-License-Identifier: Apache-2.0
// CPython 3.14. The headers of 3.14.10 (Debian); checked against the running interpreter.
// scripts/python_layout.py prints these figures from a version's headers.
#include "python/versions/all_versions.h"

namespace flowtap {

namespace {

// Include/internal/pycore_runtime_structs.h: _PyRuntimeState; pycore_interp_structs.h: PyInterpreterState;
// pycore_gil.h: struct _gil_runtime_state.
constexpr void set_runtime(PythonLayout& layout) {
    layout.runtime_initialized = 776;
    layout.runtime_interpreters_main = 816;
    layout.interpreter_next = 7272;
    layout.interpreter_modules = 7688;
    layout.interpreter_threads_head = 7344;
    layout.interpreter_gil = 16;  // ceval.gil
    layout.interpreter_jit = 223184;
    layout.gil_holder = 8;
    layout.gil_locked = 16;
    layout.bpf.interpreter_id = 7280;
}

// Include/cpython/pystate.h: PyThreadState; Include/internal/pycore_interpframe_structs.h:
// _PyInterpreterFrame; Include/internal/pycore_interpframe_structs.h: PyGenObject.
constexpr void set_threads(ft_python& bpf) {
    bpf.tstate_frame = 72;       // current_frame
    bpf.tstate_exception = 112;  // current_exception
    bpf.tstate_thread_id = 152;
    bpf.tstate_exc_info = 120;
    bpf.tstate_context = 208;
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
    layout.bpf.type_cached_keys = 880;
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
    DebugOffset{"thread_id", 22, 27, &ft_python::tstate_thread_id},
    DebugOffset{"previous", 31, 32, &ft_python::frame_previous},
    DebugOffset{"f_executable", 31, 33, &ft_python::frame_code},
    DebugOffset{"instr_ptr", 31, 34, &ft_python::frame_instruction},
    DebugOffset{"localsplus", 31, 35, &ft_python::frame_locals},
    DebugOffset{"owner", 31, 36, &ft_python::frame_owner},
    DebugOffset{"co_filename", 39, 40, &PythonLayout::code_filename},
    DebugOffset{"co_name", 39, 41, &PythonLayout::code_name},
    DebugOffset{"co_qualname", 39, 42, &PythonLayout::code_qualname},
    DebugOffset{"co_argcount", 39, 45, &PythonLayout::code_argcount},
    DebugOffset{"co_localsplusnames", 39, 46, &PythonLayout::code_localsplusnames},
    DebugOffset{"co_code_adaptive", 39, 48, &PythonLayout::code_adaptive},
    DebugOffset{"ob_type", 50, 51, &PythonLayout::object_type},
    DebugOffset{"tp_name", 52, 53, &ft_python::type_name},
    DebugOffset{"tp_flags", 52, 55, &ft_python::type_flags},
    DebugOffset{"tuple.ob_item", 56, 57, &PythonLayout::tuple_items},
    DebugOffset{"tuple.ob_size", 56, 58, &PythonLayout::tuple_size},
    DebugOffset{"ma_keys", 66, 67, &ft_python::dict_keys},
    DebugOffset{"ma_values", 66, 68, &ft_python::dict_values},
    DebugOffset{"lv_tag", 71, 72, &ft_python::int_tag},
    DebugOffset{"ob_digit", 71, 73, &ft_python::int_digits},
    DebugOffset{"str.state", 77, 78, &ft_python::str_state},
    DebugOffset{"str.length", 77, 79, &ft_python::str_length},
    DebugOffset{"gi_iframe", 83, 85, &ft_python::generator_frame},
    DebugOffset{"gi_frame_state", 83, 86, &ft_python::generator_state},
};

constexpr DebugOffsetTable kDebugOffsetTable = {
    .words = 95,
    .members = kDebugOffsets,
    .gil = 16,
    .gil_locked = 18,
    .gil_holder = 19,
    .ascii_size = 80,
    .compact_size = 0,
    .jit_interpreter_size = 225864,
};

// Include/opcode_ids.h.
constexpr Opcodes kOpcodes = {
    .resume = 128,
    .resume_run = {196},  // RESUME_CHECK
    .resume_instrumented = 245,
    .resume_caches = 0,
    .returns = {35, 246},  // RETURN_VALUE, INSTRUMENTED_RETURN_VALUE
    .prologue = {97, 60, 69},
    .coroutine = {34, 31},
    .get_awaitable = 71,
    .call_ex_caches = 0,
    // SEND, SEND_GEN, RESUME, RESUME_CHECK, INSTRUMENTED_RESUME
    .awaits = {106, 197, 128, 196, 245},
};

}  // namespace

constinit const PythonVersion kPython3_14 = {
    .minor = 14,
    .layout = layout(),
    .debug_offsets = &kDebugOffsetTable,
    .opcodes = kOpcodes,
    .states = {.created = -3, .suspended_first = -2, .suspended_last = -1, .final = {1, 4}, .executing = 0},
    .awaits = AwaitShape::kInlined,
    .run_sign = RunSign::kResumeReplaced,
    .first_shim_owner = 3,
    .pops_frame_first = true,
    .close_ends_in_place = true,
    .traceback_without_line = true,
    .vectorcall_has_copies = true,
};

}  // namespace flowtap
