# SPDX-License-Identifier: Apache-2.0
"""The worker: it learns what a job is about while it runs it, and lets no exception out."""

import asyncio


class Retry(RuntimeError):
    pass


class Worker:
    def __init__(self, functions, queue_name="arq:queue"):
        self.functions = {function.__name__: function for function in functions}
        self.queue_name = queue_name
        self.jobs_complete = self.jobs_failed = self.jobs_retried = 0

    async def fetch(self, job):
        await asyncio.sleep(0)
        return job

    async def run_job(self, job, timeout_s):
        function_name, args = await self.fetch(job)
        function = self.functions[function_name]
        try:
            task = asyncio.get_running_loop().create_task(function(*args))
            await asyncio.wait_for(task, timeout_s)
        except (Exception, asyncio.CancelledError) as e:
            if isinstance(e, Retry):
                self.jobs_retried += 1
            else:
                self.jobs_failed += 1
            return e
        self.jobs_complete += 1
        return None
