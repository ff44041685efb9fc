# SPDX-License-Identifier: Apache-2.0
"""C++ beside Python: it calls nodes and is called by them, and throws and catches around that.

The library is tests/native/throwing.cpp. Exceptions never cross Python's own frames, as in any extension that
works; everything else they may do: leave C++ frames below and above a call of Python, be thrown again, be on
their way while a destructor runs a workflow, and go from thread to thread.
"""

from __future__ import annotations

import asyncio
import ctypes
import sys
from contextlib import suppress

from kailash.nodes.base import Node, register_node
from kailash.nodes.base_async import AsyncNode
from kailash.runtime.local import LocalRuntime
from kailash.sdk_exceptions import KailashException
from safety.program import begin, chain, report, say

RUNS = 20


def load():
    """With the GIL held in every call, and what Python raised below raised here."""
    library = ctypes.PyDLL(sys.argv[3])
    for function, result in (
        ("call_and_catch", ctypes.c_long),
        ("call_and_translate", ctypes.py_object),
        ("call_in_flight", ctypes.c_int),
        ("call_on_threads", ctypes.c_long),
    ):
        getattr(library, function).restype = result
    library.call_and_catch.argtypes = [ctypes.py_object, ctypes.c_long, ctypes.POINTER(ctypes.c_long)]
    library.call_and_translate.argtypes = [ctypes.py_object, ctypes.py_object]
    library.call_in_flight.argtypes = [ctypes.py_object]
    library.call_on_threads.argtypes = [ctypes.py_object, ctypes.c_int]
    return library


LIBRARY = load()
totals = {}


def add(name, count):
    totals[name] = totals.get(name, 0) + count


class Step:
    """Succeeds, raises, gives something false, and so on."""

    def __init__(self):
        self.number = 0

    def take(self):
        self.number += 1
        if self.number % 3 == 1:
            raise KeyError(self.number)
        return self.number % 3 == 0


def catch_many(times):
    unwound = ctypes.c_long(0)
    add("caught", LIBRARY.call_and_catch(Step().take, times, ctypes.byref(unwound)))
    add("unwound", unwound.value)
    return {"result": times}


def run_workflow(workflow):
    with LocalRuntime() as runtime, suppress(KailashException):
        runtime.execute(workflow)
    return True


@register_node
class CatchingNode(Node):
    def run(self, **kwargs):
        return catch_many(9)


@register_node
class CatchingAsyncNode(AsyncNode):
    async def async_run(self, **kwargs):
        catch_many(3)
        await asyncio.sleep(0)
        return catch_many(3)


@register_node
class TranslatedNode(Node):
    """Fails by what Python raised below C++, or by what C++ threw, or not."""

    def body(self):
        if self.config["how"] == "raise":
            raise ValueError("asked to fail")
        return self.config["how"] != "refuse"

    def run(self, **kwargs):
        return LIBRARY.call_and_translate(self.body, {"result": 1})


@register_node
class RunInFlightNode(Node):
    """Runs a workflow from a destructor, while a C++ exception passes it."""

    def body(self):
        return run_workflow(self.config["workflow"])

    def run(self, **kwargs):
        add("in flight", LIBRARY.call_in_flight(self.body))
        return {"result": 1}


def translated(number):
    how = ("succeed", "raise", "refuse")[number % 3]
    return chain("translated", ("TranslatedNode", how, {"how": how}), ("WorkNode", "after"))


def in_flight(number):
    return chain(
        "around",
        ("CatchingNode", "before"),
        ("RunInFlightNode", "in-flight", {"workflow": translated(number)}),
        ("CatchingAsyncNode", "after"),
    )


def main():
    begin()
    for number in range(RUNS):
        run_workflow(in_flight(number))
        run_workflow(translated(number))
    numbers = iter(range(RUNS))
    for _ in range(RUNS // 4):
        add("from threads", LIBRARY.call_on_threads(lambda: run_workflow(translated(next(numbers))), 4))
    for name, count in sorted(totals.items()):
        say(name, count)
    report()
