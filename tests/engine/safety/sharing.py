# SPDX-License-Identifier: Apache-2.0
"""Code objects that several functions run, classes that die and whose addresses are used again, and nodes that
hand their execution to another thread, or run inside another node."""

from __future__ import annotations

import asyncio
import functools
import gc
from concurrent.futures import ThreadPoolExecutor

from kailash import ledger
from kailash.nodes.base import Node, register_node
from kailash.nodes.base_async import AsyncNode
from kailash.runtime.local import LocalRuntime
from safety.program import begin, chain, report, say

RUNS = 5
CALLS = 100
CLASSES = 12
DEEP = 100  # frames, less than an observer looks through


def traced(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


def hidden(function):
    """As traced, but says nothing of what it wraps."""

    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


def traced_async(function):
    @functools.wraps(function)
    async def wrapper(*args, **kwargs):
        return await function(*args, **kwargs)

    return wrapper


@register_node
class TracedNode(Node):
    @traced
    def execute(self, **kwargs):
        return super().execute(**kwargs)

    @traced
    def help(self, **kwargs):
        return kwargs

    def run(self, **kwargs):
        return {"result": len(self.help(**{"one": 1}))}


@register_node
class HiddenNode(Node):
    @hidden
    def execute(self, **kwargs):
        return super().execute(**kwargs)

    @hidden
    def help(self, **kwargs):
        return kwargs

    def run(self, **kwargs):
        return {"result": len(self.help(**{"one": 1}))}


@register_node
class TracedAsyncNode(AsyncNode):
    @traced_async
    async def execute_async(self, **kwargs):
        return await asyncio.wait_for(super().execute_async(**kwargs), 60)

    @traced_async
    async def help(self, **kwargs):
        return kwargs

    async def async_run(self, **kwargs):
        return {"result": len(await self.help(**{"one": 1}))}


@register_node
class PlainlyTracedAsyncNode(AsyncNode):
    """Its decorator is no coroutine function, and is that of the synchronous nodes too."""

    @traced
    async def execute_async(self, **kwargs):
        return await super().execute_async(**kwargs)

    async def async_run(self, **kwargs):
        return {"result": 1}


@register_node
class AwaitableNode(Node):
    """No AsyncNode, but what a runtime awaits."""

    def run(self, **kwargs):
        raise NotImplementedError

    async def execute_async(self, **kwargs):
        await asyncio.sleep(0)
        return {"result": 1}


@register_node
class HandingNode(AsyncNode):
    """Runs its coroutine on a thread of its own, as it must where a loop runs already."""

    def execute(self, **kwargs):
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(lambda: asyncio.run(self.execute_async(**kwargs))).result()

    async def async_run(self, **kwargs):
        return {"result": 1}


def far_below(function, frames=DEEP):
    return far_below(function, frames - 1) if frames else function()


@register_node
class DeepNode(Node):
    """Many frames between its own execute() and that of its base class."""

    def execute(self, **kwargs):
        return far_below(lambda: super(DeepNode, self).execute(**kwargs))

    def run(self, **kwargs):
        return {"result": 1}


@register_node
class InnerNode(Node):
    def run(self, **kwargs):
        return {"result": 1}


@register_node
class OuterNode(Node):
    """Runs other nodes, on its own thread and on another."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.inner = (InnerNode(), HandingNode())

    def run(self, **kwargs):
        results = [self.execute_inner(node) for node in self.inner]
        results.append(far_below(lambda: self.execute_inner(self.inner[0])))
        with ThreadPoolExecutor(1) as pool:
            results.append(pool.submit(self.execute_inner, self.inner[0]).result())
        return {"result": results}

    def execute_inner(self, node):
        inputs = {"one": 1}
        with ledger.node(self.config["workflow"], type(node).__name__, node):
            return node.execute(**inputs)


class Store:
    """No node."""

    @traced
    def __call__(self, **query):
        return query

    @traced
    def find(self, **query):
        return query

    @traced_async
    async def find_later(self, **query):
        return query


def use_what_is_no_node():
    store = Store()
    for number in range(CALLS):
        query = {"number": number}
        store(**query)
        find = store.find
        find(**query)
        asyncio.run(store.find_later(**query))


SHORT_LIVED = """
class ShortLivedNode(Node):
    def execute(self, **kwargs):
        return {"result": %d}
"""
NO_NODE = """
class Other:
    def method(self, **kwargs):
        return %d
"""


def define(source, **names):
    exec(source, names)
    return names


def use_the_address_of(code):
    """Methods of other classes until one has its code where that was."""
    kept = []
    for number in range(CALLS):
        other = define(NO_NODE % number)["Other"]
        kept.append(other)
        other().method(**{"one": 1})
        if id(other.method.__code__) == code:
            for _ in range(CALLS):
                other().method(**{"one": 1})
            break


def run_classes_that_die(runtime):
    for number in range(CLASSES):
        node_class = define(SHORT_LIVED % number, Node=Node)["ShortLivedNode"]
        register_node(node_class)
        for _ in range(RUNS):
            say(runtime.execute(chain("dying", ("ShortLivedNode", "short")))[0]["short"]["result"])
        code = id(node_class.execute.__code__)
        register_node(type("ShortLivedNode", (InnerNode,), {}))
        del node_class
        gc.collect()
        use_the_address_of(code)


def main():
    begin()
    runtime = LocalRuntime()
    traced_names = ("TracedNode", "HiddenNode", "TracedAsyncNode", "PlainlyTracedAsyncNode")
    names = (*traced_names, "AwaitableNode", "DeepNode")
    for _ in range(RUNS):
        runtime.execute(chain("sharing", *[(name, name.lower()) for name in names]))
    use_what_is_no_node()
    run_classes_that_die(runtime)
    handing = LocalRuntime(enable_async=False)
    nesting = chain("nesting", ("OuterNode", "outer", {"workflow": None}))
    nesting._node_instances["outer"].config["workflow"] = nesting
    for _ in range(RUNS):
        handing.execute(chain("handing", ("HandingNode", "handing")))
        handing.execute(nesting)
    report()
