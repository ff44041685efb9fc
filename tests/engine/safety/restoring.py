# SPDX-License-Identifier: Apache-2.0
"""Nodes in C that save the exception that is being handled and put it back, as every try block compiled by Cython
does. What a function further out handles is then handled by the node's own function too."""

from __future__ import annotations

import ctypes
import sys

from kailash.nodes.base import Node, register_node
from kailash.runtime.local import LocalRuntime
from safety.program import begin, chain, report, say

RUNS = 5

saved = ctypes.pythonapi.PyErr_GetHandledException
saved.restype = ctypes.py_object
put_back = ctypes.pythonapi.PyErr_SetHandledException
put_back.argtypes = [ctypes.py_object]


@register_node
class RestoringNode(Node):
    def run(self, **kwargs):
        """LocalRuntime.execute() handles a RuntimeError all the time."""
        put_back(saved())
        return {"result": type(sys.exc_info()[1]).__name__}


@register_node
class RaisingAgainNode(Node):
    def run(self, **kwargs):
        put_back(saved())
        raise sys.exc_info()[1]


def main():
    begin()
    runtime = LocalRuntime()
    for _ in range(RUNS):
        results, _ = runtime.execute(chain("restored", ("RestoringNode", "one"), ("RestoringNode", "two")))
        say(results["two"]["result"])
        runtime.execute(chain("raised-again", ("RestoringNode", "before"), ("RaisingAgainNode", "raises")))
    report()
