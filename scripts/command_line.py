# SPDX-License-Identifier: Apache-2.0
"""The command line of flowtap as data, read from what --help prints: the program's own table of options."""

import re
import subprocess
from typing import NamedTuple

OPTION = re.compile(
    r"^  (?:-\w,)?--(?P<name>[\w.-]+)"
    r"(?: (?P<type>[A-Z]+)(?::(?:\{(?P<choices>[^}]*)\}|[A-Z]+ in \[[^\]]*\]|[A-Z]+))?)?"
    r"(?P<required> REQUIRED)?(?P<many> \.\.\.)?(?: Excludes: \S+)?(?:\s{2,}(?P<help>.*))?$"
)
COMMAND = re.compile(r"^  (\w+) {2,}(.*)$", re.M)
# Commands name each other's options in the same words.
FILES = {"profile", "config", "web.config.file", "cacert", "output"}
DIRECTORIES = {"kubernetes-credentials"}


class Option(NamedTuple):
    name: str
    value: bool
    many: bool
    required: bool
    choices: tuple
    help: str


def run(program, *words):
    return subprocess.run(
        [program, *words], stdout=subprocess.PIPE, check=True, universal_newlines=True, timeout=30
    ).stdout


def options(usage):
    """The options in the text that --help prints, but --help itself."""
    found = []
    for line in usage.splitlines():
        option = OPTION.match(line)
        if option:
            choices = tuple((option["choices"] or "").split(",")) if option["choices"] else ()
            found.append([option["name"], bool(option["type"]), bool(option["many"]), bool(option["required"]),
                          choices, option["help"] or ""])
        elif found and line.startswith("      ") and line.strip():
            found[-1][-1] = (found[-1][-1] + " " + line.strip()).strip()
    return [Option(*option) for option in found if option[0] != "help"]


def commands(program):
    """{command: (what it does, its options)}, in the order of --help."""
    listed = COMMAND.findall(run(program, "--help").split("Subcommands:")[1])
    return {name: (about, options(run(program, name, "--help"))) for name, about in listed}
