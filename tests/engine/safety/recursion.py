# SPDX-License-Identifier: Apache-2.0
"""Nodes inside nodes, as deep as this interpreter can go, and RecursionError inside nodes."""

from __future__ import annotations

import sys
import threading
from contextlib import suppress

from kailash import ledger
from kailash.nodes.base import Node, register_node
from kailash.runtime.local import LocalRuntime
from kailash.sdk_exceptions import KailashException
from safety.program import begin, chain, report, say


@register_node
class LevelNode(Node):
    """Executes one like itself, levels times deep. Counts itself, since no runtime calls the inner ones."""

    def run(self, **kwargs):
        if kwargs["levels"] == 0:
            return {"result": 1}
        with ledger.node(self.config["workflow"], "level", self):
            return self.execute(**dict(kwargs, levels=kwargs["levels"] - 1))


class ProbingNode(Node):
    """Finds out how deep this goes: the innermost notes its depth before the way out begins."""

    deepest = 0

    def run(self, **kwargs):
        levels = kwargs.get("levels", 0)
        ProbingNode.deepest = max(ProbingNode.deepest, levels)
        with suppress(KailashException, RecursionError):
            self.execute(**dict(kwargs, levels=levels + 1))
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


def deep_workflow(levels):
    workflow = chain("deep", ("WorkNode", "before"))
    workflow.add_node("level", LevelNode, levels=levels, workflow=workflow)
    return workflow


def run_all(levels):
    with LocalRuntime() as runtime:
        for _ in range(2):
            results, _ = runtime.execute(deep_workflow(levels))
            say("deep", results["level"])
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
    on_large_stack(ProbingNode().execute)
    levels = ProbingNode.deepest * 9 // 10  # the rest is for what stands above and below it
    begin()
    say("levels", levels)
    on_large_stack(run_all, levels)
    report()
