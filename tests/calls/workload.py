# SPDX-License-Identifier: Apache-2.0
"""Calls the functions of callees.py in every way there is: says "ready PID"; then, for each line on its input
but "exit", makes all calls, and says how many, as one line of JSON, {"call": {"way": number in all}}.

The ways are those of the table in probes/README.md.
"""

from __future__ import annotations

import asyncio
import collections
import contextvars  # noqa: F401  (used by the bodies below)
import functools  # noqa: F401
import json
import os
import sys
import threading  # noqa: F401
from concurrent.futures import ThreadPoolExecutor

import callees

TIMES = 40  # in the end the interpreter has specialised what it can
POOL = ThreadPoolExecutor(1)
NOTHING, KEYWORDS = (), {"x": 1}

# How `f` is called; where the result is a coroutine, how it is awaited.
BODIES = {
    "o.m()": ("{f}()", "await {f}()"),
    "b = o.m; b()": ("b = {f}; b()", "b = {f}; await b()"),
    "super().m()": ("o.run_inherited()", "await o.run_inherited()"),
    "o.m(*a)": ("{f}(*NOTHING)", "await {f}(*NOTHING)"),
    "o.m(**k)": ("{f}(**KEYWORDS)", "await {f}(**KEYWORDS)"),
    "partial(o.m)()": ("functools.partial({f})()", "await functools.partial({f})()"),
    "Thread(target=o.m)": ("t = threading.Thread(target={f}); t.start(); t.join()", None),
    "executor.submit(o.m)": ("POOL.submit({f}).result()", "await POOL.submit({f}).result()"),
    "context.run(o.m)": (
        "contextvars.copy_context().run({f})",
        "await contextvars.copy_context().run({f})",
    ),
    "sorted(a, key=o.m)": ("sorted([0], key={f})", None),
    "create_task(o.m())": (None, "await asyncio.create_task({f}())"),
}  # fmt: skip
INHERITED = "super().m()"


def compiled(body, f, head):
    scope = {}
    exec(f"{head} call(o):\n    {body.format(f=f)}\n", globals(), scope)
    return scope["call"]


def plan():
    """(call, way, function, object): what is called, in which way, on what."""
    for way, (plain, awaited) in BODIES.items():
        for call, kind, f in (("method", "Method", "o.run"), ("instance", "Instance", "o"), ("function", "Function", "o.run")):
            heir = getattr(callees, kind + "Heir", None) if way == INHERITED else getattr(callees, kind)
            if plain is not None and heir is not None:
                yield call, way, compiled(plain, f, "def"), heir(way)
        if awaited is not None:
            heir = callees.CoroutineHeir if way == INHERITED else callees.Coroutine
            yield "coroutine", way, compiled(awaited, "o.run", "async def"), heir(way)


async def await_all(function, an_object):
    for _ in range(TIMES):
        await function(an_object)


def run_all(calls, counts):
    for call, way, function, an_object in calls:
        if call == "coroutine":
            asyncio.run(await_all(function, an_object))
        else:
            for _ in range(TIMES):
                function(an_object)
        counts[call][way] += TIMES


def main():
    calls, counts = list(plan()), collections.defaultdict(collections.Counter)
    print(f"ready {os.getpid()}", flush=True)
    for line in sys.stdin:
        if line.strip() == "exit":
            break
        run_all(calls, counts)
        print(json.dumps(counts), flush=True)


if __name__ == "__main__":
    main()
