#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints what a shell needs to complete flowtap's command line: completions.py PROGRAM bash|zsh|fish"""

import re
import sys
import textwrap

import command_line

LONGEST = 72  # of a description: a shell shows it on one line


def first_sentence(text):
    sentence = re.split(r"; |\. ", text)[0].strip()
    return sentence if len(sentence) <= LONGEST else textwrap.shorten(sentence, LONGEST, placeholder=" ...")


def is_path(option):
    return option.name in command_line.FILES or option.name in command_line.DIRECTORIES


def bash(commands):
    cases, values = [], {}
    for name, (_, options) in commands.items():
        words = " ".join("--" + option.name for option in options) + " --help"
        cases.append('        {}) words="{}" ;;'.format(name, words))
        for option in options:
            if is_path(option):
                values["--" + option.name] = "-d" if option.name in command_line.DIRECTORIES else "-f"
            elif option.choices:
                values["--" + option.name] = '-W "{}"'.format(" ".join(option.choices))
            elif option.name == "pid":
                values["--pid"] = '-W "$(cd /proc && echo [0-9]*)"'
            elif option.value:
                values.setdefault("--" + option.name, "")
    previous = "\n".join(
        "        {}) {} ;;".format(name, 'COMPREPLY=($(compgen {} -- "$now")) && return'.format(how) if how else "return")
        for name, how in values.items()
    )
    return """# bash completion for flowtap
_flowtap() {{
    local now=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} words
    COMPREPLY=()
    case $before in
{previous}
    esac
    case ${{COMP_WORDS[1]}} in
{cases}
        *) words="{names} --help --version" ;;
    esac
    COMPREPLY=($(compgen -W "$words" -- "$now"))
}}
complete -F _flowtap flowtap
""".format(previous=previous, cases="\n".join(cases), names=" ".join(commands))


def zsh_text(text):
    return re.sub(r"([\[\]:'])", "", first_sentence(text))


def zsh_option(option):
    spec = ("*" if option.many else "") + "--" + option.name + "[" + zsh_text(option.help) + "]"
    if option.name in command_line.DIRECTORIES:
        spec += ":directory:_directories"
    elif is_path(option):
        spec += ":file:_files"
    elif option.choices:
        spec += ":value:(" + " ".join(option.choices) + ")"
    elif option.name == "pid":
        spec += ":process:_pids"
    elif option.value:
        spec += ":value: "
    return "'" + spec + "'"


def zsh(commands):
    listed = "\n".join("        '{}:{}'".format(name, zsh_text(about)) for name, (about, _) in commands.items())
    cases = "\n".join(
        "        {}) _arguments {} ;;".format(name, " ".join(map(zsh_option, options)))
        for name, (_, options) in commands.items()
    )
    return """#compdef flowtap
_flowtap() {{
    local -a commands=(
{listed}
    )
    if (( CURRENT == 2 )); then
        _describe command commands
        return
    fi
    local command=$words[2]
    shift words
    (( CURRENT-- ))
    case $command in
{cases}
    esac
}}
_flowtap "$@"
""".format(listed=listed, cases=cases)


def fish_text(text):
    return "'" + first_sentence(text).replace("\\", "").replace("'", "") + "'"


def fish(commands):
    lines = ["complete -c flowtap -f"]
    for name, (about, options) in commands.items():
        lines.append("complete -c flowtap -n __fish_use_subcommand -a {} -d {}".format(name, fish_text(about)))
        for option in options:
            line = "complete -c flowtap -n '__fish_seen_subcommand_from {}' -l {}".format(name, option.name)
            if is_path(option):
                line += " -r -F"
            elif option.choices:
                line += " -x -a '{}'".format(" ".join(option.choices))
            elif option.name == "pid":
                line += " -x -a '(__fish_complete_pids)'"
            elif option.value:
                line += " -x"
            lines.append(line + " -d " + fish_text(option.help))
    return "\n".join(lines) + "\n"


SHELLS = {"bash": bash, "zsh": zsh, "fish": fish}

if __name__ == "__main__":
    sys.stdout.write(SHELLS[sys.argv[2]](command_line.commands(sys.argv[1])))
