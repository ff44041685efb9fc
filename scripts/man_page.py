#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints flowtap.1: man_page.py PROGRAM TEMPLATE

The template's line @OPTIONS@ becomes the options of each command, as the program lists them.
"""

import sys

import command_line


def escaped(text):
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("`", "'")
    return "\\&" + text if text[:1] in (".", "'") else text


def option_lines(option):
    value = " ".join(option.choices).replace(" ", "|") if option.choices else "VALUE"
    yield ".TP"
    yield ".B \\-\\-" + escaped(option.name) + (" \\fI" + escaped(value) + "\\fR" if option.value else "")
    notes = [note for note, wanted in (("required", option.required), ("repeatable", option.many)) if wanted]
    if "(repeatable)" in option.help or "required" in option.help:
        notes = [note for note in notes if note not in option.help]
    yield escaped(option.help + (" (" + ", ".join(notes) + ")" if notes else ""))


def options(program):
    for name, (about, listed) in command_line.commands(program).items():
        yield '.SS "flowtap {}"'.format(name)
        yield escaped(about[:1].upper() + about[1:]) + ("" if about.endswith(".") else ".")
        for option in listed:
            yield from option_lines(option)


if __name__ == "__main__":
    with open(sys.argv[2], encoding="utf-8") as template:
        text = template.read()
    version = command_line.run(sys.argv[1], "--version").split()[-1]
    text = text.replace("@PROJECT_VERSION@", version)
    sys.stdout.write(text.replace("@OPTIONS@", "\n".join(options(sys.argv[1]))))
