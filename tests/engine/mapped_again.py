# SPDX-License-Identifier: Apache-2.0
"""Maps pages of the interpreter's file once more, as libraries do for trampolines, then runs the program that its
arguments name."""

import ctypes
import mmap
import os
import runpy
import sys

PAGES = 4


def code_of_interpreter():
    """Path and offset of the mapping that runs this."""
    evaluator = ctypes.cast(ctypes.pythonapi.Py_GetVersion, ctypes.c_void_p).value
    with open("/proc/self/maps") as maps:
        for line in maps:
            addresses, _, offset, _, _, *path = line.split()
            start, end = (int(address, 16) for address in addresses.split("-"))
            if start <= evaluator < end:
                return path[0], int(offset, 16)
    raise SystemExit("the interpreter's code is in no file")


def map_again():
    path, offset = code_of_interpreter()
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
    file = os.open(path, os.O_RDONLY)
    at = libc.mmap(None, PAGES * mmap.PAGESIZE, mmap.PROT_READ | mmap.PROT_EXEC, mmap.MAP_PRIVATE, file, offset)
    os.close(file)
    if at in (None, ctypes.c_void_p(-1).value):
        raise SystemExit(f"map {path}: {os.strerror(ctypes.get_errno())}")


if __name__ == "__main__":
    map_again()
    sys.argv = [argument for argument in sys.argv[1:] if argument != "-B"]
    sys.path[0] = os.path.dirname(sys.argv[0])
    runpy.run_path(sys.argv[0], run_name="__main__")
