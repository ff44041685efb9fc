# SPDX-License-Identifier: Apache-2.0
"""Interpreters of both kinds that work beside the main one, one inside a node of another, and end."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from functools import partial

import subinterpreters
from kailash.ledger import LEDGER
from kailash.nodes.base import Node, register_node
from kailash.runtime.local import LocalRuntime
from kailash.sdk_exceptions import RuntimeExecutionError
from safety.program import begin, chain, report, say

ENGINE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RUN = """
import sys
sys.path.insert(0, {engine!r})
import safety.subinterpreters
safety.subinterpreters.work({workflow_id!r}, {report!r})
"""


@register_node
class RefusingNode(Node):
    def run(self, **kwargs):
        raise LookupError("refused")


@register_node
class EnteringNode(Node):
    """Goes to another interpreter, on this thread, and comes back."""

    def run(self, **kwargs):
        enter(self.config["interpreter"], "entered", self.config["report"])
        return {"result": 1}


def work(workflow_id, path):
    """In a subinterpreter: what it counted is its answer."""
    LEDGER.reset()
    with LocalRuntime() as runtime:
        for _ in range(20):
            runtime.execute(chain(workflow_id, ("WorkNode", "one"), ("AsyncWorkNode", "two")))
            with suppress(RuntimeExecutionError):
                runtime.execute(chain(workflow_id, ("RefusingNode", "no"), ("WorkNode", "after")))
    with open(path, "w") as out:
        json.dump(LEDGER.report(), out)


def enter(interpreter, workflow_id, path):
    subinterpreters.run(interpreter, RUN.format(engine=ENGINE, workflow_id=workflow_id, report=path))


def make(kind):
    interpreter = subinterpreters.create(kind)
    subinterpreters.run(interpreter, subinterpreters.IMPORT.format(engine=ENGINE))
    subinterpreters.run(interpreter, "import safety.subinterpreters")
    return interpreter


def work_in_main():
    with LocalRuntime() as runtime:
        for _ in range(20):
            runtime.execute(chain("main", ("WorkNode", "one"), ("AsyncWorkNode", "two")))


def all_at_once(interpreters, paths):
    others = [partial(enter, *one) for one in zip(interpreters, ["beside"] * len(paths), paths)]
    subinterpreters.run_together([*others, work_in_main])


def add(counts, path):
    with open(path) as ledger:
        counts.add(json.load(ledger))


def main():
    interpreters = [make("legacy"), make("isolated")]
    begin()
    counts = subinterpreters.Counts()
    with tempfile.TemporaryDirectory() as directory:
        paths = [os.path.join(directory, name) for name in ("legacy", "isolated")]
        all_at_once(interpreters, paths)
        for path in paths:
            add(counts, path)
        with LocalRuntime() as runtime:
            for interpreter, path in zip(interpreters, paths):
                config = {"interpreter": interpreter, "report": path}
                runtime.execute(chain("outer", ("WorkNode", "before"), ("EnteringNode", "enter", config)))
                add(counts, path)
    for interpreter in interpreters:
        subinterpreters.destroy(interpreter)
    say("ended", len(interpreters))
    counts.add(LEDGER.report())
    report(counts=counts)
    # 3.12.1 may abort ("double free or corruption") when it ends after several interpreters.
    os._exit(5)
