# SPDX-License-Identifier: Apache-2.0
"""Engines that say in a ContextVar what is running, in every way that real ones do."""

import asyncio
import contextlib
import contextvars

from kailash import ledger

NOTHING = object()

JOB = contextvars.ContextVar("job", default=None)
STEP = contextvars.ContextVar("step", default=NOTHING)
TAG = contextvars.ContextVar("tag")


class Job:
    """A workflow, to the ledger: its id, and its name."""

    def __init__(self, name):
        self.name = self.workflow_id = name


class Step:
    def __init__(self, job, name):
        self.job = job
        self.name = name


def job_bracket(job):
    return ledger.workflow(job)


def step_bracket(step):
    return ledger.node(step.job, step.name, step)


def tag_bracket(job, tag):
    return ledger._Bracket("_nodes", (job.name, tag, "TAG"), tag)


def resets_in_its_own_frame(job, work):
    """As RQ's Job.perform()."""
    with job_bracket(job):
        token = JOB.set(job)
        try:
            return work()
        finally:
            JOB.reset(token)


class Running:
    """Set where a with statement is entered and reset where it is left, as Prefect's contexts are."""

    def __init__(self, step):
        self.step = step

    def __enter__(self):
        self.token = STEP.set(self.step)
        return self

    def __exit__(self, *_):
        STEP.reset(self.token)


class RunningAsync(Running):
    async def __aenter__(self):
        return self.__enter__()

    async def __aexit__(self, *error):
        await asyncio.sleep(0)
        self.__exit__(*error)


def with_statement(step, work):
    with step_bracket(step), Running(step):
        return work()


@contextlib.contextmanager
def running(step):
    token = STEP.set(step)
    try:
        yield
    finally:
        STEP.reset(token)


def generator(step, work):
    with step_bracket(step), running(step):
        return work()


def sets_back(step, work):
    """Without a token: the value before, which may be the default."""
    with step_bracket(step):
        before = STEP.get()
        STEP.set(step)
        try:
            return work()
        finally:
            STEP.set(before)


def sets_nothing(job, work):
    with job_bracket(job):
        JOB.set(job)
        try:
            return work()
        finally:
            JOB.set(None)


def text(job, tag, work):
    with tag_bracket(job, tag):
        token = TAG.set(tag)
        try:
            return work()
        finally:
            TAG.reset(token)


async def asynchronous(step, work):
    with step_bracket(step):
        async with RunningAsync(step):
            await asyncio.sleep(0.001)
            return work()
