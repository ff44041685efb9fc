#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints the stack of every program of a BPF object: its deepest chain of calls, as Linux adds the frames up.

usage: bpf_stack.py OBJECT [LIMIT]

Linux rounds each frame up to 32 bytes and allows 512 of them in a chain of at most 8 functions
(check_max_stack_depth() in kernel/bpf/verifier.c). Exit status: 1 where a program takes more than LIMIT bytes
(512 if none is given) or more functions.
"""

import re
import shutil
import subprocess
import sys

MAX_STACK = 512
MAX_FUNCTIONS = 8
TEXT = ".text"

FUNCTION = re.compile(r"^([0-9a-f]+) <(\w+)>:$")
SECTION = re.compile(r"^Disassembly of section (.+):$")
STACK = re.compile(r"\(r10 - (0x[0-9a-f]+|\d+)\)")
ADDRESS = re.compile(r"\b(r\d) = r10$")
OFFSET = re.compile(r"\b(r\d) \+= -(0x[0-9a-f]+|\d+)$")
CALL = re.compile(r"R_BPF_64_32\s+([\w.]+)")
OPERAND = re.compile(r": *\tcall (-?\d+)$")


class Function:
    """A function's frame in bytes and those it calls: by name, static ones by where they are in .text."""

    def __init__(self, section, address):
        self.section = section
        self.address = address
        self.called = 0
        self.frame = 0
        self.calls = set()
        self.pointers = set()

    def read(self, line):
        """Takes one line of its disassembly."""
        for offset in STACK.findall(line):
            self.frame = max(self.frame, int(offset, 0))
        if operand := OPERAND.search(line):
            self.called = int(operand[1])
        elif call := CALL.search(line):
            # The operand is relative to the instruction that follows a call at the section's beginning.
            self.calls.add(8 * (self.called + 1) if call[1] == TEXT else call[1])
        elif address := ADDRESS.search(line):
            self.pointers.add(address[1])
        elif (offset := OFFSET.search(line)) and offset[1] in self.pointers:
            self.frame = max(self.frame, int(offset[2], 0))
            self.pointers.discard(offset[1])


def disassemble(path):
    """The lines that llvm-objdump prints for the object."""
    tool = next((t for t in ("llvm-objdump", "llvm-objdump-19", "llvm-objdump-14") if shutil.which(t)), None)
    if not tool:
        sys.exit("bpf_stack.py: llvm-objdump is missing")
    return subprocess.run([tool, "-dr", "--no-show-raw-insn", path], check=True, text=True, capture_output=True).stdout


def functions_of(text):
    """The functions by name."""
    functions, section, function = {}, "", None
    for line in text.splitlines():
        if match := SECTION.match(line):
            section = match[1]
        elif match := FUNCTION.match(line):
            if not match[2].startswith("LBB"):
                function = functions[match[2]] = Function(section, int(match[1], 16))
        elif function:
            function.read(line.rstrip())
    static = {function.address: name for name, function in functions.items() if function.section == TEXT}
    for function in functions.values():
        function.calls = {static.get(call, call) for call in function.calls}
    return functions


def rounded(frame):
    """What a frame counts as."""
    return (max(frame, 1) + 31) // 32 * 32


def chains(functions, name):
    """All chains of calls that begin at a function, as lists of names."""
    # Others are functions of the kernel.
    called = [callee for callee in functions[name].calls if callee in functions]
    return [[name]] + [[name] + chain for callee in called for chain in chains(functions, callee)]


def main():
    """Prints each program's deepest chain."""
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    limit = int(sys.argv[2]) if len(sys.argv) == 3 else MAX_STACK
    functions = functions_of(disassemble(sys.argv[1]))
    too_large = False
    for program in sorted(name for name, function in functions.items() if function.section != TEXT):
        found = chains(functions, program)
        deepest = max(found, key=lambda chain: sum(rounded(functions[name].frame) for name in chain))
        size = sum(rounded(functions[name].frame) for name in deepest)
        longest = max(len(chain) for chain in found)
        too_large |= size > limit or longest > MAX_FUNCTIONS
        print(f"{size:4} {longest} {' > '.join(f'{name} {functions[name].frame}' for name in deepest)}")
    return 1 if too_large else 0


if __name__ == "__main__":
    sys.exit(main())
