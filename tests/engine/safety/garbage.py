# SPDX-License-Identifier: Apache-2.0
"""Exceptions that hold their frames in cycles, and a collector that runs at every opportunity."""

from __future__ import annotations

import gc
import weakref
from contextlib import suppress

from kailash.nodes.base import Node, register_node
from kailash.nodes.base_async import AsyncNode
from kailash.runtime.local import LocalRuntime
from kailash.sdk_exceptions import KailashException
from safety.program import begin, chain, report, say

RUNS = 100

alive = []


class CyclicError(Exception):
    def __init__(self, node):
        super().__init__("in a cycle")
        self.itself = self
        self.node = node


def fail(node):
    try:
        raise CyclicError(node)
    except CyclicError as error:
        alive.append(weakref.ref(error))
        node.error = error
        raise


@register_node
class CyclicNode(Node):
    def run(self, **kwargs):
        gc.collect()
        fail(self)


@register_node
class AsyncCyclicNode(AsyncNode):
    async def async_run(self, **kwargs):
        gc.collect()
        fail(self)


@register_node
class BareCyclicNode(Node):
    def execute(self, **runtime_inputs):
        fail(self)


def main():
    begin()
    with LocalRuntime() as runtime:
        for threshold in ((1, 1, 1), (700, 10, 10)):
            gc.set_threshold(*threshold)
            for run in range(RUNS):
                node_type = ("CyclicNode", "AsyncCyclicNode", "BareCyclicNode")[run % 3]
                nodes = [("WorkNode", "before"), (node_type, node_type)]
                if run % 2:
                    nodes.append(("WorkNode", "after"))
                with suppress(KailashException):
                    runtime.execute(chain("cyclic", *nodes))
                if run % 10 == 0:
                    gc.collect()
    gc.collect()
    say("raised", len(alive), "alive", sum(reference() is not None for reference in alive))
    report()
