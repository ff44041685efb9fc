# SPDX-License-Identifier: Apache-2.0
"""Becomes the workload (workload.py) in another way than by starting as it.

  late.py import [OPTIONS]   says "idle PID", waits for a line, then imports the engine and goes on
  late.py lazy [OPTIONS]     the same, by a lazy import that stands before the line (CPython 3.15)
  late.py fork [OPTIONS]     imports the engine, says "parent PID", waits for a line, then forks: the
                             child goes on, and the parent ends with the child's status
"""

from __future__ import annotations

import os
import sys


def say(*words):
    print(*words, flush=True)


def become_workload():
    import workload

    workload.main()


def use_lazy_workload():
    # Older versions cannot read the statement, so it is no part of this file.
    exec("lazy import workload", globals())
    say("idle", os.getpid())
    sys.stdin.readline()
    workload.main()  # noqa: F821


def fork_workload():
    import workload

    say("parent", os.getpid())
    sys.stdin.readline()
    child = os.fork()
    if child:
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    workload.main()


def main():
    how = sys.argv.pop(1)
    if how == "import":
        say("idle", os.getpid())
        sys.stdin.readline()
        become_workload()
    elif how == "lazy":
        use_lazy_workload()
    elif how == "fork":
        fork_workload()
    else:
        sys.exit("late: import, lazy or fork, not " + how)


if __name__ == "__main__":
    main()
