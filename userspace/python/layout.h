// SPDX-License-Identifier: Apache-2.0
// The layout of one minor version of CPython.
#pragma once

#include <cstdint>

#include "bpf/python/ft_python.h"

namespace flowtap {

// Offsets in bytes from the start of the struct named by the prefix.
struct PythonLayout {
    ft_python bpf;  // what the BPF readers need as well; its addresses are 0 until Interpreter::locate, and
                    // tstate_in is the way that every build of the version allows

    std::uint32_t runtime_initialized;        // int: Py_Initialize has finished
    std::uint32_t runtime_interpreters_main;  // _PyRuntime.interpreters.main
    std::uint32_t interpreter_next;           // of the list that runtime.interpreters.head begins
    std::uint32_t interpreter_modules;        // sys.modules, a dict
    std::uint32_t interpreter_threads_head;
    std::uint32_t interpreter_gil;         // struct _gil_runtime_state * (3.12+)
    std::uint32_t gil_holder;              // in that struct
    std::uint32_t gil_locked;              // int: it is taken
    std::uint32_t interpreter_jit;         // bool: the JIT is on (3.14+; 0: unknown)
    std::uint32_t runtime_current_thread;  // the running thread state (3.11 only)

    std::uint16_t object_type;  // ob_type

    std::uint16_t code_consts;  // tuple of constants, nested functions' code among them
    std::uint16_t code_argcount;
    std::uint16_t code_kwonlyargcount;
    std::uint16_t code_flags;
    std::uint16_t code_localsplusnames;  // tuple of str
    std::uint16_t code_filename;
    std::uint16_t code_name;
    std::uint16_t code_qualname;
    std::uint16_t code_adaptive;  // co_code_adaptive: the bytecode units
    std::uint16_t code_warmup;    // co_warmup, 16 bits (3.11 only)

    std::uint16_t function_dict;  // __dict__ of a function; 0: it has none

    std::uint16_t type_dict;
    std::uint16_t type_base;
    std::uint16_t type_mro;         // tuple of types
    std::uint16_t type_subclasses;  // dict {int: weakref}

    std::uint16_t weakref_object;
    std::uint16_t tuple_size;
    std::uint16_t tuple_items;
    std::uint16_t wrapped_callable;  // of classmethod and staticmethod

    std::uint16_t dict_used;
    std::uint16_t keys_log2_size;
    std::uint16_t inline_values_valid;  // 3.13+: byte of the inline values that shows whether they are in use
};

// Copies the fields that both need to the BPF readers' part.
void share_with_probes(PythonLayout& layout);

}  // namespace flowtap
