# SPDX-License-Identifier: Apache-2.0
"""Workflows under a profiler, a tracer and monitoring, each of which sees what it sees unobserved."""

from __future__ import annotations

import cProfile
import pstats
import sys
import threading
from contextlib import suppress

from kailash.nodes.base import Node
from kailash.runtime.local import LocalRuntime
from kailash.sdk_exceptions import KailashException
from safety.program import begin, chain, report, say

RUNS = 30
CODES = {Node.execute.__code__, LocalRuntime._execute_async.__code__}

seen = {}


def note(event, code):
    if code in CODES:
        seen[event, code.co_name] = seen.get((event, code.co_name), 0) + 1


def run_all(name):
    with LocalRuntime() as runtime:
        for run in range(RUNS):
            middle = {"fail": "ValueError"} if run % 3 == 0 else {}
            nodes = [("WorkNode", "one", middle), ("AsyncWorkNode", "two"), ("OverrideNode", "three", middle)]
            with suppress(KailashException):
                runtime.execute(chain(name, *nodes))


def tell(name):
    for (event, code), count in sorted(seen.items()):
        say(name, event, code, count)
    seen.clear()


def profiled():
    sys.setprofile(lambda frame, event, argument: note(event, frame.f_code))
    run_all("profiled")
    sys.setprofile(None)


def traced():
    def trace(frame, event, argument):
        note(event, frame.f_code)
        frame.f_trace_opcodes = frame.f_code in CODES
        return trace

    sys.settrace(trace)
    run_all("traced")
    sys.settrace(None)


def profiled_in_thread():
    threading.setprofile(lambda frame, event, argument: note(event, frame.f_code))
    thread = threading.Thread(target=run_all, args=("thread",))
    thread.start()
    thread.join()
    threading.setprofile(None)


def measured():
    profiler = cProfile.Profile()
    profiler.runcall(run_all, "measured")
    for (_, _, name), (_, calls, *_) in sorted(pstats.Stats(profiler).stats.items()):
        if name in ("execute", "_execute_async"):
            seen["calls", name] = seen.get(("calls", name), 0) + calls


def monitored():
    monitoring = getattr(sys, "monitoring", None)
    if monitoring is None:
        return
    monitoring.use_tool_id(monitoring.PROFILER_ID, "safety")
    names = ("PY_START", "PY_RETURN", "PY_UNWIND", "LINE")
    events = {name: getattr(monitoring.events, name) for name in names}
    for name, event in events.items():
        monitoring.register_callback(
            monitoring.PROFILER_ID, event, lambda code, *rest, name=name: note(name, code)
        )
    monitoring.set_events(monitoring.PROFILER_ID, sum(events.values()))
    run_all("monitored")
    monitoring.set_events(monitoring.PROFILER_ID, 0)
    monitoring.free_tool_id(monitoring.PROFILER_ID)


def main():
    begin()
    for way in (profiled, traced, profiled_in_thread, measured, monitored):
        way()
        tell(way.__name__)
    run_all("afterwards")
    report()
