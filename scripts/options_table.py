#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints the options of `flowtap run` as the Markdown table of docs/configuration.md: options_table.py PROGRAM"""

import re
import subprocess
import sys

OPTION = re.compile(r"^  (?:-\w,)?--(?P<name>[\w.-]+)(?P<value> TEXT)?(?P<many> \.\.\.)?(?:\s{2,}(?P<help>.*))?$")


def options(usage):
    """Yields (name, takes a value, may be repeated, help) from the text that --help prints."""
    found = []
    for line in usage.splitlines():
        option = OPTION.match(line)
        if option:
            found.append([option["name"], bool(option["value"]), bool(option["many"]), option["help"] or ""])
        elif found and line.startswith("      ") and line.strip():
            found[-1][3] = (found[-1][3] + " " + line.strip()).strip()
    return [tuple(option) for option in found if option[0] != "help"]


def table(usage):
    rows = ["| option | meaning |", "|---|---|"]
    for name, value, many, meaning in options(usage):
        written = "--" + name + (" VALUE" if value else "") + (" ..." if many else "")
        rows.append("| `{}` | {} |".format(written, meaning.replace("|", "\\|")))
    return "\n".join(rows)


def usage_of(program):
    return subprocess.run(
        [program, "run", "--help"], stdout=subprocess.PIPE, check=True, universal_newlines=True, timeout=30
    ).stdout


if __name__ == "__main__":
    print(table(usage_of(sys.argv[1])))
