# SPDX-License-Identifier: Apache-2.0
"""One run of a task: as many attempts as it takes."""

import ledger


class AsyncTaskRunEngine:
    def __init__(self, task, parameters, flow):
        self.task = task
        self.parameters = parameters
        self.flow = flow  # for the ledger

    async def call_task_fn(self, transaction):
        return await self.task.fn(**self.parameters)


async def run_task_async(task, parameters, flow):
    engine = AsyncTaskRunEngine(task, parameters, flow)
    for attempt in range(task.retries + 1):
        try:
            with ledger.node(flow, task.name, "AsyncTaskRunEngine"):
                return await engine.call_task_fn(object())
        except Exception:
            if attempt == task.retries:
                raise
