# SPDX-License-Identifier: Apache-2.0
"""The workload's own node classes. Each outputs {"result": number} so that any can follow any."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time

from kailash.nodes.base import Node, NodeParameter, register_node
from kailash.nodes.base_async import AsyncNode
from kailash.sdk_exceptions import NodeExecutionError

_FAILURES = {"ValueError": ValueError, "KeyError": KeyError, "NodeExecutionError": NodeExecutionError}


def work(microseconds, busy):
    if not busy:
        time.sleep(microseconds / 1e6)
        return
    end = time.perf_counter() + microseconds / 1e6
    while time.perf_counter() < end:
        pass


def _parameters():
    return {
        "work_us": NodeParameter("work_us", int, default=0),
        "busy": NodeParameter("busy", bool, default=True),
        "fail": NodeParameter("fail", str),
        "amount": NodeParameter("amount", int, default=1),
    }


def _raise_if_asked(inputs):
    if inputs.get("fail"):
        raise _FAILURES[inputs["fail"]]("asked to fail")


@register_node
class WorkNode(Node):
    """Works for work_us, then fails if asked to. A non-integer amount fails validation."""

    def get_parameters(self):
        return _parameters()

    def run(self, **kwargs):
        if kwargs["work_us"]:
            work(kwargs["work_us"], kwargs["busy"])
        _raise_if_asked(kwargs)
        return {"result": kwargs["amount"]}


@register_node
class OverrideNode(Node):
    """An execute() that does not call the base class's: its exceptions leave as they are."""

    def execute(self, **runtime_inputs):
        inputs = {**self.config, **runtime_inputs}
        if inputs.get("work_us"):
            work(inputs["work_us"], inputs.get("busy", True))
        _raise_if_asked(inputs)
        return {"result": 1}


@register_node
class AsyncWorkNode(AsyncNode):
    def get_parameters(self):
        return _parameters()

    async def async_run(self, **kwargs):
        await asyncio.sleep(kwargs["work_us"] / 1e6)
        _raise_if_asked(kwargs)
        return {"result": kwargs["amount"]}


@register_node
class OverrideAsyncNode(AsyncNode):
    """An execute_async() of its own."""

    async def execute_async(self, **runtime_inputs):
        inputs = {**self.config, **runtime_inputs}
        await asyncio.sleep(inputs.get("work_us", 0) / 1e6)
        _raise_if_asked(inputs)
        return {"result": 1}


@register_node
class RecursiveNode(Node):
    """Runs the workflow that config["make"](depth - 1) returns, down to depth 0."""

    def run(self, **kwargs):
        if self.config["depth"] > 0:
            from kailash.runtime.local import LocalRuntime

            with LocalRuntime() as runtime:
                runtime.execute(self.config["make"](self.config["depth"] - 1))
        return {"result": 1}


def leave(exit_mode):
    """Ends the process the way asked for; returns only for "normal"."""
    sys.stdout.flush()
    if exit_mode == "os._exit":
        os._exit(0)
    if exit_mode == "sigkill-self":
        os.kill(os.getpid(), signal.SIGKILL)


def _announce():
    print("holding", flush=True)


def _released(line, exit_mode):
    if line.strip() == "die":
        leave(exit_mode)
        raise SystemExit(0)


@register_node
class HoldNode(Node):
    """Prints "holding" and blocks until a line arrives; on "die" the process ends inside the node."""

    def run(self, **kwargs):
        _announce()
        _released(sys.stdin.readline(), self.config["exit_mode"])
        return {"result": 1}


@register_node
class AsyncHoldNode(AsyncNode):
    """HoldNode as a suspended coroutine: the line is read on another thread."""

    async def async_run(self, **kwargs):
        _announce()
        line = await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
        _released(line, self.config["exit_mode"])
        return {"result": 1}
