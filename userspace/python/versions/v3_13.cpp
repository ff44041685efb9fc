// SPDX-License-Identifier: Apache-2.0
// CPython 3.13. The headers of 3.13.0; checked against its DWARF and running 3.13.0 and 3.13.5 (Debian).
// scripts/python_layout.py prints these figures from a version's headers.
#include "python/versions/all_versions.h"

namespace flowtap {

namespace {

// Include/internal/pycore_runtime.h: _PyRuntimeState; pycore_interp.h: PyInterpreterState;
// pycore_gil.h: struct _gil_runtime_state.
constexpr void set_runtime(PythonLayout& layout) {
    layout.runtime_initialized = 600;
    layout.runtime_interpreters_main = 640;
    layout.interpreter_next = 7264;
    layout.interpreter_modules = 7656;
    layout.interpreter_threads_head = 7344;
    layout.interpreter_gil = 16;  // ceval.gil
    layout.gil_holder = 8;
    layout.gil_locked = 16;
    layout.bpf.interpreter_id = 7272;
}

// Include/cpython/pystate.h: PyThreadState; Include/internal/pycore_frame.h: _PyInterpreterFrame;
// Include/cpython/genobject.h: PyGenObject.
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
    bpf.frame_locals = 72;
    bpf.frame_stack_top = 64;  // stacktop
    bpf.return_constants[0] = 103;
    bpf.return_constants[1] = 240;
    bpf.frame_owner = 70;
    bpf.frame_instruction = 56;  // instr_ptr
    bpf.frame_return_offset = 68;
    bpf.generator_frame = 72;
    bpf.generator_state = 67;
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
    layout.code_adaptive = 200;
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

// Include/internal/pycore_runtime.h: the words of _Py_DebugOffsets.
constexpr std::array kDebugOffsets = {
    DebugOffset{"id", 6, 7, &ft_python::interpreter_id},
    DebugOffset{"next", 6, 8, &PythonLayout::interpreter_next},
    DebugOffset{"threads.head", 6, 9, &PythonLayout::interpreter_threads_head},
    DebugOffset{"imports.modules", 6, 11, &PythonLayout::interpreter_modules},
    DebugOffset{"ceval.gil", 6, 14, &PythonLayout::interpreter_gil},
    DebugOffset{"interp", 19, 22, &ft_python::tstate_interpreter},
    DebugOffset{"current_frame", 19, 23, &ft_python::tstate_frame},
    DebugOffset{"thread_id", 19, 24, &ft_python::tstate_thread_id},
    DebugOffset{"previous", 28, 29, &ft_python::frame_previous},
    DebugOffset{"f_executable", 28, 30, &ft_python::frame_code},
    DebugOffset{"instr_ptr", 28, 31, &ft_python::frame_instruction},
    DebugOffset{"localsplus", 28, 32, &ft_python::frame_locals},
    DebugOffset{"owner", 28, 33, &ft_python::frame_owner},
    DebugOffset{"co_filename", 34, 35, &PythonLayout::code_filename},
    DebugOffset{"co_name", 34, 36, &PythonLayout::code_name},
    DebugOffset{"co_qualname", 34, 37, &PythonLayout::code_qualname},
    DebugOffset{"co_argcount", 34, 40, &PythonLayout::code_argcount},
    DebugOffset{"co_localsplusnames", 34, 41, &PythonLayout::code_localsplusnames},
    DebugOffset{"co_code_adaptive", 34, 43, &PythonLayout::code_adaptive},
    DebugOffset{"ob_type", 44, 45, &PythonLayout::object_type},
    DebugOffset{"tp_name", 46, 47, &ft_python::type_name},
    DebugOffset{"tp_flags", 46, 49, &ft_python::type_flags},
    DebugOffset{"tuple.ob_item", 50, 51, &PythonLayout::tuple_items},
    DebugOffset{"tuple.ob_size", 50, 52, &PythonLayout::tuple_size},
    DebugOffset{"ma_keys", 56, 57, &ft_python::dict_keys},
    DebugOffset{"ma_values", 56, 58, &ft_python::dict_values},
    DebugOffset{"lv_tag", 61, 62, &ft_python::int_tag},
    DebugOffset{"ob_digit", 61, 63, &ft_python::int_digits},
    DebugOffset{"str.state", 67, 68, &ft_python::str_state},
    DebugOffset{"str.length", 67, 69, &ft_python::str_length},
};

constexpr DebugOffsetTable kDebugOffsetTable = {
    .words = 73,
    .members = kDebugOffsets,
    .gil = 15,
    .gil_locked = 17,
    .gil_holder = 18,
    .ascii_size = 70,
    .compact_size = 0,
    .jit_interpreter_size = 0,
};

// Include/opcode_ids.h.
constexpr Opcodes kOpcodes = {
    .resume = 149,
    .resume_run = {207},  // RESUME_CHECK
    .resume_instrumented = 236,
    .resume_caches = 0,
    .returns = {36, 103, 239,
                240},  // RETURN_VALUE, RETURN_CONST, INSTRUMENTED_RETURN_VALUE, INSTRUMENTED_RETURN_CONST
    .prologue = {94, 62, 71},
    .coroutine = {35, 32},
    .get_awaitable = 73,
    .call_ex_caches = 0,
    // SEND, SEND_GEN, RESUME, RESUME_CHECK, INSTRUMENTED_RESUME
    .awaits = {104, 208, 149, 207, 236},
};

}  // namespace

constinit const PythonVersion kPython3_13 = {
    .minor = 13,
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
    .vectorcall_has_copies = false,
};

}  // namespace flowtap
