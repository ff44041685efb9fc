#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints the options of `flowtap run` as the Markdown table of docs/configuration.md: options_table.py PROGRAM"""

import sys

import command_line


def table(usage):
    rows = ["| option | meaning |", "|---|---|"]
    for option in command_line.options(usage):
        written = "--" + option.name + (" VALUE" if option.value else "") + (" ..." if option.many else "")
        rows.append("| `{}` | {} |".format(written, option.help.replace("|", "\\|")))
    return "\n".join(rows)


def usage_of(program):
    return command_line.run(program, "run", "--help")


if __name__ == "__main__":
    print(table(usage_of(sys.argv[1])))
