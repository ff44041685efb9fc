# SPDX-License-Identifier: Apache-2.0
"""How a worker runs a workflow: interceptors around the one that calls the workflow's own coroutine."""

import dataclasses
from typing import Any, Callable


@dataclasses.dataclass
class ExecuteWorkflowInput:
    type: type
    run_fn: Callable
    args: Any


class WorkflowInboundInterceptor:
    def __init__(self, next):
        self.next = next

    async def execute_workflow(self, input):
        return await self.next.execute_workflow(input)


class _WorkflowInboundImpl(WorkflowInboundInterceptor):
    def __init__(self, instance):
        self._instance = instance

    async def execute_workflow(self, input):
        return await input.run_fn(self._instance, *input.args)
