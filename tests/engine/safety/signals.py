# SPDX-License-Identifier: Apache-2.0
"""A signal every millisecond while workflows run, and one that ends a node by an exception."""

from __future__ import annotations

import signal
import threading
from contextlib import suppress

from kailash.nodes.base import Node, register_node
from kailash.runtime.local import LocalRuntime
from kailash.sdk_exceptions import KailashException
from safety.program import begin, chain, report, say

RUNS = 300

ticks = 0


def tick(number, frame):
    global ticks
    ticks += 1


def too_late(number, frame):
    raise TimeoutError("too late")


@register_node
class OvertakenNode(Node):
    """Works until its own alarm raises inside it."""

    def run(self, **kwargs):
        before = signal.signal(signal.SIGUSR1, too_late)
        try:
            signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)
            while True:
                pass
        finally:
            signal.signal(signal.SIGUSR1, before)


def run_all(name):
    with LocalRuntime() as runtime:
        for run in range(RUNS):
            config = {"work_us": 200, "fail": "ValueError" if run % 4 == 0 else None}
            with suppress(KailashException):
                runtime.execute(chain(name, ("WorkNode", "one", config), ("AsyncWorkNode", "two", config)))


def overtaken():
    with LocalRuntime() as runtime:
        for _ in range(20):
            with suppress(KailashException):
                runtime.execute(chain("overtaken", ("OvertakenNode", "late"), ("WorkNode", "after")))


def main():
    begin()
    signal.signal(signal.SIGALRM, tick)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    other = threading.Thread(target=run_all, args=("other",))
    other.start()
    run_all("main")
    overtaken()
    other.join()
    signal.setitimer(signal.ITIMER_REAL, 0)
    say("ticks came", ticks > 10)
    report()
