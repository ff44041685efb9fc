# SPDX-License-Identifier: Apache-2.0
"""Only the directories of an architecture name its registers, instructions and constants.

userspace/arch/architecture.h lists what an architecture provides; docs/adding-an-architecture.md how to add one.
"""

import os
import re
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SIDES = ("userspace/arch", "bpf/arch")
SEARCHED = ("userspace", "bpf", "exporter", "cmake", "CMakeLists.txt")

X86_64 = re.compile(r"""
    \b (?: r[abcd]x | e[abcd]x | [re][sbi]p | [re][sd]i | r8 | r9 | r1[0-5] | xmm[0-9]* | [er]flags ) \b  # registers
  | \b Register::k\w+ | \b fs_?base \b
  | \b int3 \b | \b ud2 \b | endbr | nop5 | notrack                                                      # instructions
  | \b 0x (?: cc | e8 | e9 | c3 ) \b
  | x86 | X86 | \b AMD64 \b | \b amd64 \b | Zydis | ZYDIS_ | arch_prctl                                  # names of its own
""", re.X)

ALLOWED = {  # file: (pattern that its lines match, why)
    "userspace/arch/architecture.h": (r"x86", "chooses the directory"),
    "bpf/registers.bpf.h": (r"x86", "chooses the directory"),
    "bpf/thread_pointer.bpf.h": (r"x86", "chooses the directory"),
    "userspace/elf/elf_file.cpp": (r"EM_386", "names the machines whose files are refused"),
    "CMakeLists.txt": (r"[Zz]ydis", "the decoder's library is looked for with all others"),
}


def files_of(path):
    path = os.path.join(ROOT, path)
    if os.path.isfile(path):
        yield os.path.relpath(path, ROOT)
    for directory, _, names in os.walk(path):
        for name in sorted(names):
            yield os.path.relpath(os.path.join(directory, name), ROOT)


def lines_of(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return list(enumerate(file.read().splitlines(), 1))


def architectures():
    """By side: the names of its directories."""
    return {side: {name for name in os.listdir(os.path.join(ROOT, side))
                   if os.path.isdir(os.path.join(ROOT, side, name))} for side in SIDES}


def is_of_an_architecture(path):
    return any(path.startswith(f"{side}/{name}/") for side, names in architectures().items() for name in names)


def is_allowed(path, line):
    return path in ALLOWED and re.search(ALLOWED[path][0], line) is not None


class Architectures(unittest.TestCase):
    def test_nothing_else_names_x86_64(self):
        found = [f"{path}:{number}: {line.strip()}" for searched in SEARCHED for path in files_of(searched)
                 if not is_of_an_architecture(path) for number, line in lines_of(path)
                 if X86_64.search(line) and not is_allowed(path, line)]
        self.assertEqual(found, [], "belongs into userspace/arch or bpf/arch: docs/adding-an-architecture.md")

    def test_every_exception_is_needed(self):
        for path in ALLOWED:
            self.assertTrue(any(X86_64.search(line) and is_allowed(path, line) for _, line in lines_of(path)), path)

    def test_the_pattern_knows_the_architecture(self):
        named = [path for side in SIDES for path in files_of(f"{side}/x86_64")
                 if any(X86_64.search(line) for _, line in lines_of(path))]
        self.assertGreater(len(named), 10)

    def test_every_architecture_has_both_sides(self):
        userspace, bpf = architectures().values()
        self.assertEqual(userspace, bpf)

    def test_the_seam_lists_what_an_architecture_implements(self):
        seam = "\n".join(line for _, line in lines_of("userspace/arch/architecture.h"))
        for path in files_of("userspace/arch/x86_64"):
            text = "\n".join(line for _, line in lines_of(path))
            headers = re.findall(r'^#include "([^"]+)"', text, re.M)
            if path.endswith(".cpp"):
                self.assertTrue(any(header in seam or header.startswith("arch/x86_64/") for header in headers), path)


if __name__ == "__main__":
    unittest.main()
