# SPDX-License-Identifier: Apache-2.0
"""How a worker runs an activity: a coroutine itself, or a plain function on an executor's thread."""

import asyncio
import contextvars
import dataclasses
import inspect
from typing import Any, Callable, Optional


@dataclasses.dataclass(frozen=True)
class Info:
    activity_type: str
    workflow_type: str
    attempt: int


@dataclasses.dataclass
class ExecuteActivityInput:
    fn: Callable
    args: Any
    executor: Any = None


@dataclasses.dataclass
class _RunningActivity:
    info: Optional[Info] = None


class ActivityInboundInterceptor:
    def __init__(self, next):
        self.next = next

    async def execute_activity(self, input):
        return await self.next.execute_activity(input)


class _ActivityInboundImpl(ActivityInboundInterceptor):
    def __init__(self, running_activity):
        self._running_activity = running_activity

    async def execute_activity(self, input):
        if not inspect.iscoroutinefunction(input.fn):
            run = contextvars.copy_context().run
            return await asyncio.get_running_loop().run_in_executor(input.executor, run, input.fn, *input.args)
        return await input.fn(*input.args)
