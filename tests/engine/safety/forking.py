# SPDX-License-Identifier: Apache-2.0
"""Children of every kind, started inside nodes; none of them is chosen by the observer."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys

from kailash.nodes.base import Node, register_node
from kailash.runtime.local import LocalRuntime
from safety.program import begin, chain, report, say, started

RUNS = 5


def run_some(count):
    with LocalRuntime() as runtime:
        for _ in range(count):
            runtime.execute(chain("child", ("WorkNode", "one"), ("AsyncWorkNode", "two")))


def end_child():
    """Its exit status: how many workflows it has seen, its parent's up to the fork among them."""
    os._exit(started())


def as_process(method, count):
    """A child of multiprocessing that runs workflows and ends normally."""
    process = multiprocessing.get_context(method).Process(target=run_some, args=(count,))
    process.start()
    process.join()
    return process.exitcode


@register_node
class ForkingNode(Node):
    """The child runs workflows of its own inside this node and ends there."""

    def run(self, **kwargs):
        child = os.fork()
        if child == 0:
            run_some(3)
            end_child()
        say("fork", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        return {"result": 1}


@register_node
class LeavingForkNode(Node):
    """The child leaves this node, and then its workflow, like its parent does."""

    def run(self, **kwargs):
        self.config["children"].append(os.fork())
        return {"result": 1}


@register_node
class ProcessNode(Node):
    def run(self, **kwargs):
        say(self.config["method"], as_process(self.config["method"], 2))
        return {"result": 1}


@register_node
class SubprocessNode(Node):
    """vfork: until its exec the child runs in this process's memory."""

    def run(self, **kwargs):
        say("subprocess", subprocess.run([sys.executable, "-c", "raise SystemExit(4)"]).returncode)
        return {"result": 1}


def run_parent(runtime):
    children = []
    runtime.execute(
        chain(
            "parent",
            ("ForkingNode", "forking"),
            ("LeavingForkNode", "leaving", {"children": children}),
            ("WorkNode", "after"),
        )
    )
    child = children.pop()
    if child == 0:
        run_some(2)
        end_child()
    say("left", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    nodes = [("ProcessNode", "fork", {"method": "fork"}), ("SubprocessNode", "subprocess")]
    runtime.execute(chain("processes", *nodes))


def main():
    begin()
    with LocalRuntime() as runtime:
        for _ in range(RUNS):
            run_parent(runtime)
        runtime.execute(chain("processes", ("ProcessNode", "spawn", {"method": "spawn"})))
    report()
    sys.exit(7)
