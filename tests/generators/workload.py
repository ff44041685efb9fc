# SPDX-License-Identifier: Apache-2.0
"""Iterates generators to their end, or leaves them, and reports what each came to, by the protocol of
tests/engine/workload.py."""

import asyncio
import collections
import contextlib
import json
import os
import sys

import jobs

RUNS = 20
PARTS = ("fetch", "answer")

WORKFLOWS = collections.defaultdict(collections.Counter)
NODES = collections.Counter()
ERRORS = collections.Counter()


def node(graph, name, kind, status):
    NODES[graph, name, kind, "started"] += 1
    NODES[graph, name, kind, status] += 1


def note(graph, number, kind):
    """A run that is iterated to its end: its first part raises if `number` is a multiple of 4."""
    failed = number % 4 == 0
    status = "failed" if failed else "success"
    WORKFLOWS[graph]["started"] += 1
    WORKFLOWS[graph][status] += 1
    for name in PARTS[: 1 if failed else 2]:
        node(graph, name, kind, status)
    if failed:
        ERRORS[graph, "", "LookupError"] += 1
        ERRORS[graph, "fetch", "LookupError"] += 1


def note_left(graph, kind, error=None):
    """A run that is left while its first part is suspended."""
    status = "failed" if error else "aborted"
    WORKFLOWS[graph]["started"] += 1
    WORKFLOWS[graph][status] += 1
    node(graph, "fetch", kind, status)
    if error:
        ERRORS[graph, "", error] += 1
        ERRORS[graph, "fetch", error] += 1


def by_for(run):
    for _ in run:
        pass


def by_next(run):
    while next(run, None) is not None:
        pass


def by_list(run):
    list(run)


def by_delegation(run):
    def outer():
        yield from run

    for _ in outer():
        pass


def exhausts():
    for iterate in (by_for, by_next, by_list, by_delegation):
        graph = jobs.Graph(iterate.__name__)
        for number in range(RUNS):
            with contextlib.suppress(LookupError):
                iterate(graph.stream(number))
            note(graph.name, number, "Part")


def leaves():
    graph = jobs.Graph("left")
    for number in range(RUNS):
        for _ in graph.stream(number):
            break
        note_left("left", "Part")
        with contextlib.closing(graph.stream(number)) as run:
            for _ in run:
                break
        note_left("left", "Part")
        run = graph.stream(number)
        next(run)
        with contextlib.suppress(OSError):
            run.throw(OSError(number))
        note_left("left", "Part", "OSError")
        graph.stream(number)  # runs nothing
        graph.stream(number).close()


async def by_async_for(run):
    async for _ in run:
        pass


async def by_anext(run):
    while await anext(run, None) is not None:
        pass


async def by_task(run):
    await asyncio.create_task(by_async_for(run))


async def exhausts_asynchronously():
    for iterate in (by_async_for, by_anext, by_task):
        graph = jobs.Graph(iterate.__name__)

        async def one(number, iterate=iterate, graph=graph):
            with contextlib.suppress(LookupError):
                await iterate(graph.astream(number))
            note(graph.name, number, "Part")

        await asyncio.gather(*(one(number) for number in range(RUNS)))


async def leaves_asynchronously():
    graph = jobs.Graph("left asynchronously")
    for number in range(RUNS):
        async with contextlib.aclosing(graph.astream(number)) as run:
            async for _ in run:
                break
        note_left(graph.name, "Part")
        async for _ in graph.astream(number):
            break
        note_left(graph.name, "Part")
        graph.astream(number)  # runs nothing
    await asyncio.sleep(0)


async def asynchronous():
    await exhausts_asynchronously()
    await leaves_asynchronously()


def report():
    names = ("workflow_id", "node_id", "node_type", "status")
    statuses = ("started", "success", "failed", "cancelled", "aborted")
    return {
        "workflows": {graph: {one: row[one] for one in statuses} for graph, row in WORKFLOWS.items()},
        "nodes": [dict(zip(names, key), count=count) for key, count in sorted(NODES.items())],
        "errors": [
            dict(zip(("workflow_id", "node_id", "error_type"), key), count=count)
            for key, count in sorted(ERRORS.items())
        ],
    }


def main():
    print("ready {}".format(os.getpid()), flush=True)
    for line in sys.stdin:
        if line.strip() == "exit":
            break
        exhausts()
        leaves()
        asyncio.run(asynchronous())
        print(json.dumps(report()), flush=True)


if __name__ == "__main__":
    main()
