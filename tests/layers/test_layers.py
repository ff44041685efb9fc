# SPDX-License-Identifier: Apache-2.0
"""A library includes headers of those it links to, and of no others; docs/architecture.md lists them.

The argument is the list that CMake writes: "library|directories|links" a line, lists separated by semicolons.
"""

import os
import re
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
INCLUDE = re.compile(r'^#include "([^"]+)"', re.M)
GENERATED = re.compile(r"(\.skel|vmlinux|version)\.h$")


class Library:
    def __init__(self, line):
        name, directories, links = line.split("|")
        self.name = name
        self.directories = directories.split(";")
        self.links = [link for link in links.split(";") if link.startswith("flowtap_")]

    def sources(self):
        for directory in self.directories:
            for name in sorted(os.listdir(os.path.join(ROOT, directory))):
                if name.endswith((".h", ".cpp")):
                    yield os.path.join(directory, name)


def read_libraries(path):
    with open(path, encoding="utf-8") as file:
        libraries = [Library(line) for line in file.read().splitlines()]
    return {library.name: library for library in libraries}


def visible(libraries, name):
    """The library and all it links to."""
    seen, waiting = set(), [name]
    while waiting:
        one = waiting.pop()
        if one in libraries and one not in seen:
            seen.add(one)
            waiting.extend(libraries[one].links)
    return seen


class Layers(unittest.TestCase):
    libraries = {}

    def owner(self, header):
        """The library with the longest directory that the header is in."""
        owners = [(directory, library.name) for library in self.libraries.values()
                  for directory in library.directories if header.startswith(directory + "/")]
        return max(owners)[1] if owners else None

    def header_of(self, source, include):
        for root in (os.path.dirname(source), "", "userspace"):
            header = os.path.normpath(os.path.join(root, include))
            if os.path.isfile(os.path.join(ROOT, header)):
                return header
        return None

    def test_a_library_includes_only_what_it_links_to(self):
        wrong, seen = [], 0
        for library in self.libraries.values():
            allowed = visible(self.libraries, library.name)
            for source in library.sources():
                with open(os.path.join(ROOT, source), encoding="utf-8") as file:
                    includes = INCLUDE.findall(file.read())
                for include in includes:
                    header = self.header_of(source, include)
                    seen += header is not None
                    if header is None and not GENERATED.search(include):
                        wrong.append(f"{source}: {include}: no such header")
                    elif header and self.owner(header) not in allowed:
                        wrong.append(f"{source}: {include}: {library.name} does not link {self.owner(header)}")
        self.assertEqual(wrong, [])
        self.assertGreater(seen, 1000, "the sources were not found")

    def test_a_library_links_only_what_stands_above_it(self):
        above = set()
        for library in self.libraries.values():
            for link in library.links:
                self.assertTrue(link not in self.libraries or link in above, f"{library.name} links {link}")
            above.add(library.name)

    def test_the_architecture_lists_every_library_and_its_links(self):
        with open(os.path.join(ROOT, "docs/architecture.md"), encoding="utf-8") as file:
            section = file.read().split("\n## Layers\n")[1].split("\n## ")[0]
        rows = dict(re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]*) \|$", section, re.M))
        expected = {library.name.removeprefix("flowtap_"): " ".join(
            f"`{link.removeprefix('flowtap_')}`" for link in library.links if link in self.libraries) or "-"
            for library in self.libraries.values()}
        self.assertEqual({name: links.strip() for name, links in rows.items()}, expected)


if __name__ == "__main__":
    Layers.libraries = read_libraries(sys.argv.pop(1))
    unittest.main()
