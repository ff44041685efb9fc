# SPDX-License-Identifier: Apache-2.0
"""One node of a graph, with its retries: they are within one execution."""

import asyncio


async def arun_with_retry(task, retry_policy, stream=False, configurable=None):
    attempts = 0
    while True:
        try:
            return await task.proc(task.input, task.config)
        except Exception:
            attempts += 1
            if attempts > task.retries:
                raise
            await asyncio.sleep(0)
