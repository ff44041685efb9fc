# SPDX-License-Identifier: Apache-2.0
"""Runs the workload (workload.py) in several interpreters of one process at once.

On stdout and stdin, line by line:
  program:  "ready PID"     there are the main interpreter and one of each kind, all with the engine
  caller:   "go"            runs a round in all of them at the same time, each on a thread of its own
  program:  one line of JSON, cumulative: the counts of all interpreters, those that ended included
  caller:   "create"        one more of each kind, which import the engine; answered with "created IDS"
  caller:   "end"           ends all but the main one; answered with "ended"
  caller:   "reset"         forgets all counts; answered with "reset"
  caller:   "exit" or EOF   ends the process, and with it whatever interpreters it has

Kinds are "legacy", which shares the GIL of the main interpreter, and "isolated", which has its own from
3.12 on. The shapes given are dealt out to the interpreters in turn, so that not all run the same. 3.11's
asyncio takes one interpreter's running event loop for another's: there, the rounds follow one another.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import threading
from functools import partial

try:
    import _interpreters

    def create(kind):
        return _interpreters.create(kind)

    def run(number, code):
        failure = _interpreters.exec(number, code)
        if failure is not None:
            raise RuntimeError(failure.formatted)

    destroy = _interpreters.destroy
except ImportError:
    import _xxsubinterpreters

    def create(kind):
        # 3.11 forbids an isolated one to start threads, and gives it no GIL of its own.
        return _xxsubinterpreters.create(isolated=kind == "isolated" and sys.version_info >= (3, 12))

    run = _xxsubinterpreters.run_string
    destroy = _xxsubinterpreters.destroy

AT_ONCE = sys.version_info >= (3, 12)
ENGINE = os.path.dirname(os.path.abspath(__file__))
IMPORT = "import sys; sys.path.insert(0, {engine!r}); sys.dont_write_bytecode = True; import subinterpreters"
ROUND = "subinterpreters.run_round({arguments!r}, {report!r})"


def run_together(functions):
    """Each on a thread of its own, at the same time where that can be."""
    threads = [threading.Thread(target=function) for function in functions]
    for thread in threads:
        thread.start()
        if not AT_ONCE:
            thread.join()
    for thread in threads:
        thread.join()


def run_round(arguments, report):
    """In the interpreter it is about: only what it imported itself is its own."""
    import shapes
    import workload
    from kailash.ledger import LEDGER

    LEDGER.reset()
    plan = shapes.Plan(workload.parse(arguments))
    shapes.SHAPES[plan.options.shape](plan)
    with open(report, "w") as out:
        json.dump(LEDGER.report(), out)


class Counts:
    """The sum of ledgers, in the form of workload.py."""

    def __init__(self):
        self.reset()

    def reset(self):
        self._workflows = {}
        self._nodes = {}
        self._errors = {}

    def add(self, ledger):
        for label, row in ledger["workflows"].items():
            total = self._workflows.setdefault(label, dict.fromkeys(row, 0))
            for key, value in row.items():
                total[key] += value
        for rows, totals in ((ledger["nodes"], self._nodes), (ledger["errors"], self._errors)):
            for row in rows:
                key = tuple(value for name, value in row.items() if name not in ("count", "seconds"))
                total = totals.setdefault(key, dict(row, count=0, seconds=0.0))
                total["count"] += row["count"]
                total["seconds"] += row.get("seconds", 0.0)

    def report(self):
        errors = [{name: row[name] for name in row if name != "seconds"} for row in self._errors.values()]
        return {"workflows": self._workflows, "nodes": list(self._nodes.values()), "errors": errors}


class Program:
    def __init__(self, options, arguments, directory):
        self._options = options
        self._shapes = options.shapes.split(",")
        self._arguments = arguments
        self._directory = directory
        self._interpreters = []  # numbers; None: the main one
        self._counts = Counts()
        if not options.without_main:
            import workload  # noqa: F401  (imports the engine)

            self._add(None)

    def create(self):
        created = [create(kind) for kind in self._options.kinds.split(",")]
        for number in created:
            run(number, IMPORT.format(engine=ENGINE))
            run(number, "import shapes, workload")
            self._add(number)
        return created

    def end(self):
        for number, _ in self._interpreters:
            if number is not None:
                destroy(number)
        self._interpreters = [one for one in self._interpreters if one[0] is None]

    def go(self):
        run_together([partial(self._round, *one) for one in self._interpreters])
        for number, _ in self._interpreters:
            with open(self._report(number)) as report:
                self._counts.add(json.load(report))
            os.unlink(self._report(number))
        return self._counts.report()

    def reset(self):
        self._counts.reset()

    def _add(self, number):
        self._interpreters.append((number, self._shapes[len(self._interpreters) % len(self._shapes)]))

    def _report(self, number):
        return os.path.join(self._directory, str(number))

    def _round(self, number, shape):
        arguments = ["--shape", shape] + self._arguments
        if number is None:
            run_round(arguments, self._report(number))
        else:
            run(number, ROUND.format(arguments=arguments, report=self._report(number)))


def say(*words):
    print(*words, flush=True)


def main():
    parser = argparse.ArgumentParser(description="Other options are those of workload.py, without --shape.")
    parser.add_argument("--kinds", default="legacy,isolated")
    parser.add_argument("--shapes", default="sync,mixed,threads")
    parser.add_argument("--without-main", action="store_true", help="no engine in the main interpreter")
    options, arguments = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as directory:
        program = Program(options, arguments, directory)
        program.create()
        say("ready", os.getpid())
        for line in iter(sys.stdin.readline, ""):
            command = line.strip()
            if command == "go":
                say(json.dumps(program.go()))
            elif command == "create":
                say("created", *program.create())
            elif command == "end":
                program.end()
                say("ended")
            elif command == "reset":
                program.reset()
                say("reset")
            elif command == "exit":
                break
            else:
                sys.exit("subinterpreters: unknown command: " + command)
    # 3.12.1 may abort ("double free or corruption") when it ends after several interpreters.
    os._exit(0)


if __name__ == "__main__":
    main()
