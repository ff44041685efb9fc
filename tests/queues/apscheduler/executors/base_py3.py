# SPDX-License-Identifier: Apache-2.0
"""Runs of a job: it returns an event for each, whatever the job raised."""


class JobExecutionEvent:
    def __init__(self, code, retval=None, exception=None):
        self.code = code
        self.retval = retval
        self.exception = exception


class Job:
    __slots__ = ("name", "func", "args")

    def __init__(self, name, func, args):
        self.name = name
        self.func = func
        self.args = args


async def run_coroutine_job(job, jobstore_alias, run_times, logger_name):
    events = []
    for _ in run_times:
        try:
            retval = await job.func(*job.args)
        except BaseException as error:
            events.append(JobExecutionEvent("error", exception=error))
        else:
            events.append(JobExecutionEvent("executed", retval=retval))
    return events
