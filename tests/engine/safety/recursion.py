# SPDX-License-Identifier: Apache-2.0
"""Nodes inside nodes, as deep as this interpreter can go, and RecursionError inside nodes."""

from __future__ import annotations

import sys
import threading
from contextlib import suppress

from kailash.ledger import LEDGER
from kailash.nodes.base import Node, register_node
from kailash.runtime.local import LocalRuntime
from kailash.sdk_exceptions import KailashException
from safety.program import begin, chain, report, say

deepest = 0


@register_node
class LevelNode(Node):
    """Runs a workflow with a node like itself, on the same stack: no runtime, no loop."""

    def run(self, **kwargs):
        if kwargs["levels"]:
            chain("deep", ("LevelNode", "level", {"levels": kwargs["levels"] - 1})).execute()
        return {"result": 1}


@register_node
class ProbingNode(Node):
    """LevelNode without an end: the innermost notes its depth before the way out begins."""

    def run(self, **kwargs):
        global deepest
        deepest = max(deepest, kwargs["level"])
        with suppress(KailashException, RecursionError):
            chain("probing", ("ProbingNode", "level", {"level": kwargs["level"] + 1})).execute()
        return {"result": 1}


def endless():
    return endless() + 1


@register_node
class OverflowingNode(Node):
    def run(self, **kwargs):
        return {"result": endless()}


@register_node
class BareOverflowingNode(Node):
    """Its RecursionError leaves execute() as it is."""

    def execute(self, **runtime_inputs):
        return {"result": endless()}


def run_all(levels):
    with LocalRuntime() as runtime:
        for _ in range(2):
            results, _ = runtime.execute(chain("whole", ("LevelNode", "outermost", {"levels": levels})))
            say("deep", results["outermost"])
        for node_type in ("OverflowingNode", "BareOverflowingNode"):
            for _ in range(3):
                with suppress(KailashException):
                    runtime.execute(chain("over", (node_type, "overflow"), ("WorkNode", "after")))
                say(node_type)


def on_large_stack(function, *arguments):
    """3.11 counts its own frames only, and would overflow a stack of the usual size."""
    threading.stack_size(512 << 20)
    thread = threading.Thread(target=function, args=arguments)
    thread.start()
    thread.join()


def main():
    sys.setrecursionlimit(20000)
    on_large_stack(ProbingNode(level=0).execute)
    LEDGER.reset()
    levels = deepest * 9 // 10  # the rest is for what stands above and below it
    begin()
    say("levels", levels)
    on_large_stack(run_all, levels)
    report(without_runtime=["deep"])
