// SPDX-License-Identifier: Apache-2.0
// The figures were taken from the headers named beside them and checked against the DWARF of CPython
// 3.11.7, 3.12.1 and 3.13.0 and running interpreters of 3.11 to 3.14 (64-bit, with the GIL, not debug).
#include "python/layout.h"

#include <algorithm>
#include <initializer_list>

namespace flowtap {

namespace {

// What no version from 3.11 to 3.14 changed.
void fill_objects(PythonLayout& layout) {
    ft_python& bpf = layout.bpf;
    layout.object_type = 8;        // Include/object.h: PyObject
    layout.weakref_object = 16;    // Include/cpython/weakrefobject.h: PyWeakReference
    layout.wrapped_callable = 16;  // Objects/funcobject.c: classmethod, staticmethod
    layout.tuple_size = 16;        // Include/object.h: PyVarObject
    bpf.function_code = 48;        // Include/cpython/funcobject.h: PyFunctionObject
    bpf.method_function = 16;      // Include/cpython/classobject.h: PyMethodObject
    bpf.method_self = 24;
    bpf.cell_value = 16;  // Include/cpython/cellobject.h: PyCellObject
    bpf.type_name = 24;   // Include/cpython/object.h: PyTypeObject
    bpf.type_basicsize = 32;
    bpf.type_flags = 168;
    layout.type_base = 256;
    layout.type_dict = 264;
    bpf.type_dictoffset = 288;
    layout.type_mro = 344;
    layout.type_subclasses = 360;
    layout.dict_used = 16;  // Include/cpython/dictobject.h: PyDictObject
    bpf.dict_keys = 32;
    bpf.dict_values = 40;
    layout.keys_log2_size = 8;  // Include/internal/pycore_dict.h: PyDictKeysObject
    bpf.keys_log2_index_bytes = 9;
    bpf.keys_kind = 10;
    bpf.keys_count = 24;
    bpf.keys_indices = 32;
    bpf.str_length = 16;  // Include/cpython/unicodeobject.h: PyASCIIObject
    bpf.str_state = 32;
    bpf.int_tag = 16;  // Include/cpython/longintrepr.h: PyLongObject
    bpf.int_digits = 24;
    bpf.tstate_exc_info = 120;  // Include/cpython/pystate.h: PyThreadState (3.12 differs)
    bpf.tstate_interpreter = 16;
    bpf.cframe_frame = 0;
    bpf.reference_mask = ~0ULL;
    layout.gil_holder = 8;  // Include/internal/pycore_gil.h: struct _gil_runtime_state
    layout.gil_locked = 16;
}

// Include/cpython/code.h: PyCodeObject. 3.11 has _co_code and co_warmup elsewhere than the later ones.
void fill_code(PythonLayout& layout, unsigned minor) {
    layout.code_flags = 48;
    layout.code_consts = 24;
    layout.code_argcount = minor == 11 ? 56 : 52;
    layout.code_kwonlyargcount = minor == 11 ? 64 : 60;
    layout.code_localsplusnames = 96;
    layout.code_filename = 112;
    layout.code_name = 120;
    layout.code_qualname = 128;
    layout.code_adaptive = static_cast<std::uint16_t>(184 + 8 * (minor - 11));
}

// Where the frame of a generator stands while it awaits what C steps for it: at SEND, or suspended.
void set_await_opcodes(ft_python& bpf, std::initializer_list<unsigned> opcodes) {
    std::ranges::fill(bpf.await_opcodes, std::uint8_t{0});
    for (unsigned opcode : opcodes)
        bpf.await_opcodes[opcode / 8] |= static_cast<std::uint8_t>(1U << opcode % 8);
}

// Include/internal/pycore_runtime.h, pycore_interp.h (pycore_interp_structs.h in 3.14): _PyRuntimeState,
// PyInterpreterState; Include/cpython/pystate.h: PyThreadState, _PyCFrame;
// Include/internal/pycore_frame.h: _PyInterpreterFrame; Include/cpython/genobject.h: PyGenObject.
PythonLayout layout_3_11() {
    PythonLayout layout = {};
    fill_objects(layout);
    fill_code(layout, 11);
    layout.runtime_initialized = 16;
    layout.runtime_interpreters_main = 0x30;
    layout.runtime_current_thread = 0x240;  // gilstate.tstate_current
    layout.interpreter_next = 0;
    layout.interpreter_modules = 0x378;
    layout.interpreter_threads_head = 0x10;
    layout.tuple_items = 24;
    ft_python& bpf = layout.bpf;
    bpf.minor = 11;
    bpf.interpreter_id = 0x30;
    bpf.tstate_frame = 56;  // cframe
    bpf.frame_via_cframe = 1;
    bpf.cframe_frame = 8;
    bpf.tstate_exception = 96;  // curexc_type
    bpf.exception_is_type = 1;
    bpf.tstate_thread_id = 152;
    bpf.frame_code = 32;
    bpf.frame_previous = 48;
    bpf.frame_locals = 72;
    bpf.frame_owner = 69;
    bpf.frame_instruction = 56;         // prev_instr; from 3.13 on instr_ptr
    bpf.get_awaitable = 131;            // Include/opcode.h
    set_await_opcodes(bpf, {123, 86});  // SEND, YIELD_VALUE
    bpf.generator_frame = 80;
    bpf.generator_state = 75;
    bpf.generator_created = -2;
    bpf.type_cached_keys = 872;
    bpf.attributes = FT_ATTRIBUTES_POINTERS;
    bpf.str_ascii_data = 48;
    bpf.str_compact_data = 72;
    return layout;
}

PythonLayout layout_3_12() {
    PythonLayout layout = layout_3_11();
    fill_code(layout, 12);
    layout.runtime_current_thread = 0;
    layout.interpreter_modules = 0x3b0;  // imports.modules
    layout.interpreter_threads_head = 0x48;
    layout.interpreter_gil = 0x180;  // ceval.gil
    ft_python& bpf = layout.bpf;
    bpf.minor = 12;
    bpf.interpreter_id = 8;
    bpf.tstate_in = FT_TSTATE_GIL;
    bpf.cframe_frame = 0;
    bpf.exception_is_type = 0;  // current_exception, at the same place
    bpf.tstate_thread_id = 136;
    bpf.tstate_exc_info = 104;
    bpf.frame_code = 0;
    bpf.frame_previous = 8;
    bpf.frame_owner = 70;
    bpf.generator_frame = 72;
    bpf.generator_state = 67;
    bpf.type_cached_keys = 880;
    bpf.attributes = FT_ATTRIBUTES_TAGGED;
    bpf.str_ascii_data = 40;
    bpf.str_compact_data = 56;
    bpf.int_tagged = 1;
    set_await_opcodes(bpf, {123, 168, 150, 243});  // SEND, SEND_GEN, (INSTRUMENTED_)YIELD_VALUE
    return layout;
}

PythonLayout layout_3_13() {
    PythonLayout layout = layout_3_12();
    fill_code(layout, 13);
    layout.runtime_initialized = 600;
    layout.runtime_interpreters_main = 0x280;
    layout.interpreter_next = 0x1c60;
    layout.interpreter_modules = 0x1de8;
    layout.interpreter_threads_head = 0x1cb0;
    layout.interpreter_gil = 0x10;
    layout.inline_values_valid = 3;  // Include/internal/pycore_dict.h: struct _dictvalues
    ft_python& bpf = layout.bpf;
    bpf.minor = 13;
    bpf.interpreter_id = 0x1c68;
    bpf.tstate_frame = 72;
    bpf.frame_via_cframe = 0;
    bpf.tstate_exception = 112;
    bpf.tstate_thread_id = 152;
    bpf.tstate_exc_info = 120;
    bpf.generator_created = -3;
    bpf.frame_return_offset = 68;
    bpf.get_awaitable = 73;  // Include/opcode_ids.h
    // SEND, SEND_GEN, and what follows YIELD_VALUE: RESUME, RESUME_CHECK, INSTRUMENTED_RESUME
    set_await_opcodes(bpf, {104, 208, 149, 207, 236});
    bpf.attributes = FT_ATTRIBUTES_INLINE;
    bpf.split_values = 8;
    return layout;
}

PythonLayout layout_3_14() {
    PythonLayout layout = layout_3_13();
    fill_code(layout, 14);
    layout.runtime_initialized = 776;
    layout.runtime_interpreters_main = 0x330;
    layout.interpreter_next = 0x1c68;
    layout.interpreter_modules = 0x1e08;
    layout.interpreter_jit = 223184;
    layout.tuple_items = 32;  // Include/cpython/tupleobject.h: ob_hash came before them
    ft_python& bpf = layout.bpf;
    bpf.minor = 14;
    bpf.interpreter_id = 0x1c70;
    bpf.reference_mask = ~3ULL;  // Include/internal/pycore_stackref.h: Py_TAG_BITS
    bpf.frame_owner = 74;
    bpf.frame_return_offset = 72;
    bpf.get_awaitable = 71;
    set_await_opcodes(bpf, {106, 197, 128, 196, 245});
    bpf.frame_locals = 80;
    return layout;
}

}  // namespace

std::optional<PythonLayout> layout_of_minor(unsigned minor) {
    switch (minor) {
        case 11:
            return layout_3_11();
        case 12:
            return layout_3_12();
        case 13:
            return layout_3_13();
        case 14:
            return layout_3_14();
        default:
            return std::nullopt;
    }
}

}  // namespace flowtap
