#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints where things are inside a CPython, as its own headers say it.

usage: python_layout.py INCLUDE_DIRECTORY        such as /usr/include/python3.13 (python3.13-dev)

One line each: a field of PythonLayout or ft_python ("frame_code 0"), a generator's state ("created -3"), an opcode
("opcode.RESUME 149"), a word of _Py_DebugOffsets by its number ("word.interpreter_frame.previous 29"), or a constant of
the code that no version has changed ("fixed.thread_next 8"). What a version has not got is left out. Nothing is run: a C
compiler ($CC, else cc) translates the constants to assembly, from which they are read.
"""

import os
import pathlib
import re
import subprocess
import sys

# By the version from which on the expression holds; None: what is not in that version.
FRAME = "_PyInterpreterFrame"
INTERPRETER = "PyInterpreterState"
THREAD = "PyThreadState"
FIELDS = {
    "runtime_initialized": {11: ("_PyRuntimeState", "initialized")},
    "runtime_interpreters_main": {11: ("_PyRuntimeState", "interpreters.main")},
    "runtime_current_thread": {11: ("_PyRuntimeState", "gilstate.tstate_current"), 12: None},
    "interpreter_next": {11: (INTERPRETER, "next")},
    "interpreter_modules": {11: (INTERPRETER, "modules"), 12: (INTERPRETER, "imports.modules")},
    "interpreter_threads_head": {11: (INTERPRETER, "threads.head")},
    "interpreter_gil": {12: (INTERPRETER, "ceval.gil")},
    "interpreter_jit": {14: (INTERPRETER, "jit")},
    "interpreter_id": {11: (INTERPRETER, "id")},
    "gil_holder": {11: ("struct _gil_runtime_state", "last_holder")},
    "gil_locked": {11: ("struct _gil_runtime_state", "locked")},
    "object_type": {11: ("PyObject", "ob_type")},
    "code_consts": {11: ("PyCodeObject", "co_consts")},
    "code_argcount": {11: ("PyCodeObject", "co_argcount")},
    "code_kwonlyargcount": {11: ("PyCodeObject", "co_kwonlyargcount")},
    "code_flags": {11: ("PyCodeObject", "co_flags")},
    "code_localsplusnames": {11: ("PyCodeObject", "co_localsplusnames")},
    "code_filename": {11: ("PyCodeObject", "co_filename")},
    "code_name": {11: ("PyCodeObject", "co_name")},
    "code_qualname": {11: ("PyCodeObject", "co_qualname")},
    "code_adaptive": {11: ("PyCodeObject", "co_code_adaptive")},
    "code_warmup": {11: ("PyCodeObject", "co_warmup"), 12: None},
    "type_dict": {11: ("PyTypeObject", "tp_dict")},
    "type_base": {11: ("PyTypeObject", "tp_base")},
    "type_mro": {11: ("PyTypeObject", "tp_mro")},
    "type_subclasses": {11: ("PyTypeObject", "tp_subclasses")},
    "weakref_object": {11: ("PyWeakReference", "wr_object")},
    "tuple_size": {11: ("PyVarObject", "ob_size")},
    "tuple_items": {11: ("PyTupleObject", "ob_item")},
    "dict_used": {11: ("PyDictObject", "ma_used")},
    "keys_log2_size": {11: ("PyDictKeysObject", "dk_log2_size")},
    "inline_values_valid": {13: ("PyDictValues", "valid")},
    "tstate_frame": {11: (THREAD, "cframe"), 13: (THREAD, "current_frame")},
    "cframe_frame": {11: ("_PyCFrame", "current_frame"), 13: None},
    "tstate_exception": {11: (THREAD, "curexc_type"), 12: (THREAD, "current_exception")},
    "tstate_thread_id": {11: (THREAD, "thread_id")},
    "tstate_exc_info": {11: (THREAD, "exc_info")},
    "tstate_context": {11: (THREAD, "context")},
    "tstate_interpreter": {11: (THREAD, "interp")},
    "frame_code": {11: (FRAME, "f_code"), 13: (FRAME, "f_executable")},
    "frame_previous": {11: (FRAME, "previous")},
    "frame_locals": {11: (FRAME, "localsplus")},
    "frame_owner": {11: (FRAME, "owner")},
    "frame_is_entry": {11: (FRAME, "is_entry"), 12: None},
    "frame_instruction": {11: (FRAME, "prev_instr"), 13: (FRAME, "instr_ptr")},
    "frame_return_offset": {13: (FRAME, "return_offset")},
    "kept_frame": {11: ("PyFrameObject", "_f_frame_data"), 12: None},
    "generator_frame": {11: ("PyGenObject", "gi_iframe")},
    "generator_state": {11: ("PyGenObject", "gi_frame_state")},
    "function_code": {11: ("PyFunctionObject", "func_code")},
    "method_function": {11: ("PyMethodObject", "im_func")},
    "method_self": {11: ("PyMethodObject", "im_self")},
    "cell_value": {11: ("PyCellObject", "ob_ref")},
    "type_name": {11: ("PyTypeObject", "tp_name")},
    "type_basicsize": {11: ("PyTypeObject", "tp_basicsize")},
    "type_flags": {11: ("PyTypeObject", "tp_flags")},
    "type_dictoffset": {11: ("PyTypeObject", "tp_dictoffset")},
    "type_cached_keys": {11: ("PyHeapTypeObject", "ht_cached_keys")},
    "dict_keys": {11: ("PyDictObject", "ma_keys")},
    "dict_values": {11: ("PyDictObject", "ma_values")},
    "split_values": {11: ("PyDictValues", "values")},
    "keys_log2_index_bytes": {11: ("PyDictKeysObject", "dk_log2_index_bytes")},
    "keys_kind": {11: ("PyDictKeysObject", "dk_kind")},
    "keys_count": {11: ("PyDictKeysObject", "dk_nentries")},
    "keys_indices": {11: ("PyDictKeysObject", "dk_indices")},
    "str_length": {11: ("PyASCIIObject", "length")},
    "str_state": {11: ("PyASCIIObject", "state")},
    "int_tag": {11: ("PyVarObject", "ob_size"), 12: ("PyLongObject", "long_value.lv_tag")},
    "int_digits": {11: ("PyLongObject", "ob_digit"), 12: ("PyLongObject", "long_value.ob_digit")},
    # Constants of the code, the same in all versions it knows.
    "fixed.thread_next": {11: (THREAD, "next")},
    "fixed.exc_value": {11: ("_PyErr_StackItem", "exc_value")},
    "fixed.error_previous": {11: ("_PyErr_StackItem", "previous_item")},
    "fixed.token_context": {11: ("PyContextToken", "tok_ctx")},
    "fixed.token_variable": {11: ("PyContextToken", "tok_var")},
    "fixed.token_old": {11: ("PyContextToken", "tok_oldval")},
    "fixed.token_used": {11: ("PyContextToken", "tok_used")},
    "fixed.variable_default": {11: ("PyContextVar", "var_default")},
    "fixed.exception_traceback": {11: ("PyBaseExceptionObject", "traceback")},
    "fixed.traceback_next": {11: ("PyTracebackObject", "tb_next")},
    "fixed.traceback_frame": {11: ("PyTracebackObject", "tb_frame")},
    "fixed.traceback_line": {11: ("PyTracebackObject", "tb_lineno")},
    "fixed.frame_object_frame": {11: ("PyFrameObject", "f_frame")},
    "fixed.method_vectorcall": {11: ("PyMethodObject", "vectorcall")},
    "fixed.code_units": {11: ("PyVarObject", "ob_size")},
    "fixed.function_qualname": {11: ("PyFunctionObject", "func_qualname")},
    "fixed.function_closure": {11: ("PyFunctionObject", "func_closure")},
    "fixed.function_module": {11: ("PyFunctionObject", "func_module")},
    "fixed.list_items": {11: ("PyListObject", "ob_item")},
    "fixed.str_hash": {11: ("PyASCIIObject", "hash")},
    "fixed.bytes_data": {11: ("PyBytesObject", "ob_sval")},
    "fixed.member": {11: ("PyMemberDescrObject", "d_member")},
}

VALUES = {
    "str_ascii_data": {11: "sizeof(PyASCIIObject)"},
    "str_compact_data": {11: "sizeof(PyCompactUnicodeObject)"},
    "interpreter_size": {14: "sizeof(PyInterpreterState)"},  # of builds with a JIT
    "created": {11: "FRAME_CREATED"},
    "suspended": {11: "FRAME_SUSPENDED"},
    "suspended_yield_from": {13: "FRAME_SUSPENDED_YIELD_FROM"},
    "completed": {11: "FRAME_COMPLETED", 15: None},
    "cleared": {11: "FRAME_CLEARED"},
    "first_shim_owner": {12: "FRAME_OWNED_BY_CSTACK", 14: "FRAME_OWNED_BY_INTERPRETER"},
    "fixed.main_after_head": {11: "offsetof(_PyRuntimeState, interpreters.main) - offsetof(_PyRuntimeState, interpreters.head)"},
    "fixed.qualname_before_keys": {11: "offsetof(PyHeapTypeObject, ht_cached_keys) - offsetof(PyHeapTypeObject, ht_qualname)"},
    "fixed.name_before_keys": {11: "offsetof(PyHeapTypeObject, ht_cached_keys) - offsetof(PyHeapTypeObject, ht_name)"},
    "fixed.kinds_after_names": {11: "offsetof(PyCodeObject, co_localspluskinds) - offsetof(PyCodeObject, co_localsplusnames)"},
    "fixed.names_after_consts": {11: "offsetof(PyCodeObject, co_names) - offsetof(PyCodeObject, co_consts)"},
    "fixed.owned_by_generator": {11: "FRAME_OWNED_BY_GENERATOR"},
    "fixed.managed_dict": {11: "Py_TPFLAGS_MANAGED_DICT"},
    "fixed.keys_general": {11: "DICT_KEYS_GENERAL"},
}

OPCODES = {
    "RESUME": 11, "RESUME_CHECK": 13, "RESUME_CHECK_JIT": 15, "INSTRUMENTED_RESUME": 12, "RESUME_QUICK": 11,
    "RETURN_VALUE": 11, "RETURN_CONST": 12, "INSTRUMENTED_RETURN_VALUE": 12, "INSTRUMENTED_RETURN_CONST": 12,
    "MAKE_CELL": 11, "COPY_FREE_VARS": 11, "EXTENDED_ARG": 11, "RETURN_GENERATOR": 11, "POP_TOP": 11,
    "GET_AWAITABLE": 11, "SEND": 11, "SEND_GEN": 12, "SEND_VIRTUAL": 15, "SEND_ASYNC_GEN": 15,
    "YIELD_VALUE": 11, "INSTRUMENTED_YIELD_VALUE": 12, "ENTER_EXECUTOR": 13,
}  # fmt: skip
NO_LONGER = {"RESUME_QUICK": 12, "RETURN_CONST": 14, "INSTRUMENTED_RETURN_CONST": 14}

HEADERS = {
    11: ["pycore_runtime.h", "pycore_interp.h", "pycore_frame.h", "pycore_dict.h", "pycore_gil.h", "pycore_code.h", "pycore_context.h"],
    14: ["pycore_debug_offsets.h"],
}

OFFSETS_WORDS = """runtime_state.size runtime_state.finalizing runtime_state.interpreters_head interpreter_state.size
interpreter_state.id interpreter_state.next interpreter_state.threads_head interpreter_state.imports_modules
interpreter_state.ceval_gil interpreter_state.gil_runtime_state interpreter_state.gil_runtime_state_locked
interpreter_state.gil_runtime_state_holder thread_state.size thread_state.current_frame thread_state.thread_id
thread_state.interp interpreter_frame.size interpreter_frame.previous interpreter_frame.executable
interpreter_frame.instr_ptr interpreter_frame.localsplus interpreter_frame.owner code_object.size code_object.filename
code_object.name code_object.qualname code_object.argcount code_object.localsplusnames code_object.co_code_adaptive
pyobject.size pyobject.ob_type type_object.size type_object.tp_name type_object.tp_flags tuple_object.size
tuple_object.ob_item tuple_object.ob_size dict_object.size dict_object.ma_keys dict_object.ma_values long_object.size
long_object.lv_tag long_object.ob_digit unicode_object.size unicode_object.state unicode_object.length
unicode_object.asciiobject_size""".split()
WORDS = {13: OFFSETS_WORDS, 14: ["gen_object.size", "gen_object.gi_iframe", "gen_object.gi_frame_state"],
         15: ["type_object.tp_basicsize", "type_object.tp_dictoffset", "heap_type_object.size",
              "heap_type_object.ht_cached_keys", "thread_state.current_exception",
              "unicode_object.compactunicodeobject_size"]}  # fmt: skip


def version_of(include):
    text = (include / "patchlevel.h").read_text()
    return int(re.search(r"#define PY_MINOR_VERSION\s+(\d+)", text).group(1))


def in_version(table, minor):
    """The values of a table {name: {from version: value}} for one version."""
    for name, by_version in table.items():
        versions = [version for version in by_version if version <= minor]
        if versions and by_version[max(versions)] is not None:
            yield name, by_version[max(versions)]


def expressions(minor):
    for name, (struct, member) in in_version(FIELDS, minor):
        yield name, f"offsetof({struct}, {member})"
    yield from in_version(VALUES, minor)
    for name, since in OPCODES.items():
        if since <= minor < NO_LONGER.get(name, 1 << 30):
            yield f"opcode.{name}", name
    for since, words in WORDS.items():
        if since <= minor:
            yield from ((f"word.{word}", f"offsetof(struct _Py_DebugOffsets, {word}) / 8") for word in words)
    if minor >= 13:
        yield "word.count", "sizeof(struct _Py_DebugOffsets) / 8"


def source(minor):
    lines = ["#define Py_BUILD_CORE 1", "#include <Python.h>", "#include <stddef.h>"]
    lines += [f"#include <internal/{header}>" for since, names in HEADERS.items() if since <= minor for header in names]
    lines += ["#include <opcode.h>"] if minor < 13 else ["#include <opcode_ids.h>"]
    for number, (name, expression) in enumerate(expressions(minor)):
        lines.append(f"const long long value_{number} __attribute__((used)) = (long long)({expression}); /* {name} */")
    return "\n".join(lines) + "\n"


def caches(include, opcode):
    """Units of cache after an instruction, which no constant says."""
    path = include / "internal/pycore_opcode_metadata.h"
    text = path.read_text() if path.exists() else ""
    table = re.search(r"_PyOpcode_Caches\[\d+\] = \{(.*?)\};", text, re.DOTALL)
    row = re.search(rf"\[{opcode}\] = (\d+)", table.group(1)) if table else None
    return int(row.group(1)) if row else 0


def compile_to_assembly(include, text):
    # A distribution's pyconfig.h leads to another one, by a path from the directory above.
    command = [os.environ.get("CC", "cc"), "-xc", "-S", "-O0", "-w", "-D_Py_JIT", "-D_Py_TIER2=6", "-o-", "-", f"-I{include}", f"-I{include.parent}"]
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"error: compile the layout of {include}: {done.stderr[:2000]}")
    return done.stdout


def values(assembly):
    for number, kind, value in re.findall(r"^value_(\d+):\n\s+\.(quad|zero)\s+(-?\d+)", assembly, re.MULTILINE):
        yield int(number), 0 if kind == "zero" else int(value)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.split("\n\n")[1])
    include = pathlib.Path(sys.argv[1])
    minor = version_of(include)
    found = dict(values(compile_to_assembly(include, source(minor))))
    print("minor", minor)
    for number, (name, _) in enumerate(expressions(minor)):
        print(name, found[number])
    print("resume_caches", caches(include, "RESUME"))
    print("call_ex_caches", caches(include, "CALL_FUNCTION_EX"))


if __name__ == "__main__":
    main()
