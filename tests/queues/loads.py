# SPDX-License-Identifier: Apache-2.0
"""What each queue but RQ runs in a round, with the ledger's bracket around each execution."""

import asyncio

COUNT = 20


class Broken(Exception):
    """What a task of the user's raises."""


def add(one, other=1):
    return one + other


def boom(number):
    raise Broken(number)


async def fetch(number):
    await asyncio.sleep(0)
    if number % 4 == 0:
        raise Broken(number)
    return number


def celery(ledger):
    """Tasks that return, that fail, that are tried again, and one that runs another within itself."""
    from celery.app.task import Task
    from celery.app.trace import Ignore, Retry, build_tracer

    def task_of(function):
        run = staticmethod(function)
        return type(function.__name__, (Task,), {"name": "shop." + function.__name__, "run": run})()

    def flaky(number):
        if number % 3 != 2:
            raise Retry(number)
        return Broken(number)  # returned, not raised

    def ignored(number):
        raise Ignore(number)

    def outer(number):
        trace("default", adding, number)
        return number

    traces = {}
    adding, *others = tasks = [task_of(function) for function in (add, boom, flaky, ignored, outer)]

    def trace(queue, task, number):
        tracer = traces.setdefault(task, None) or build_tracer(task)
        traces[task] = tracer
        with ledger.bracket(queue, task.name, type(task).__name__) as outcome:
            info = tracer("uuid", (number,), {}, {"delivery_info": {"routing_key": queue}}).info
            outcome.failed_with(info.retval if info and info.state == "FAILURE" else None)

    def run():
        for number in range(COUNT):
            for task in tasks:
                trace("mail" if task in others else "default", task, number)

    return run


def huey(ledger):
    """Tasks that are tried again by executing them again."""
    from huey.api import CancelExecution, Huey, RetryTask

    queue = Huey("mailer")
    tries = []

    def unsteady(number):
        tries.append(number)
        if len(tries) % 3:
            raise RetryTask(number)

    def cancelled(number):
        raise CancelExecution(number)

    def bracketed(function):
        """What the library calls with one execution each."""

        def call(number):
            status = {RetryTask: "success", CancelExecution: "cancelled"}
            with ledger.bracket("mailer", function.__name__, function.__name__, status):
                return function(number)

        call.__name__ = function.__name__
        return queue.task(call)

    kinds = [(bracketed(add), 0), (bracketed(boom), 1), (bracketed(unsteady), 0), (bracketed(cancelled), 0)]

    def run():
        for number in range(COUNT):
            for kind, retries in kinds:
                queue.execute(kind((number,), retries))

    return run


def taskiq(ledger):
    from taskiq.receiver.receiver import InMemoryBroker, NoResultError, Receiver, TaskiqMessage

    def skipped(number):
        raise NoResultError(number)

    receiver = Receiver(InMemoryBroker())

    async def one(function, number):
        name = "shop:" + function.__name__
        with ledger.bracket("InMemoryBroker", name, "Receiver") as outcome:
            error = (await receiver.run_task(function, TaskiqMessage(name, (number,)))).error
            outcome.failed_with(None if isinstance(error, NoResultError) else error)

    async def run():
        functions = (add, boom, fetch, skipped)
        await asyncio.gather(*(one(function, number) for function in functions for number in range(COUNT)))

    return lambda: asyncio.run(run())


def dask(ledger):
    from distributed.worker import ExecuteFailureEvent, Worker

    tasks = {}
    for number in range(COUNT):
        for function in (add, boom):
            tasks["{}-{:032x}".format(function.__name__, number * 7919)] = (function, number)
    tasks["total"] = (add, 1)
    worker = Worker(tasks)

    async def one(key):
        with ledger.bracket("Worker", key.split("-")[0], "Worker") as outcome:
            event = await worker.execute(key, stimulus_id="test")
            failed = isinstance(event, ExecuteFailureEvent)
            outcome.failed_with("__name__=ExecuteFailureEvent" if failed else None)

    async def run():
        await asyncio.gather(*(one(key) for key in tasks))

    return lambda: asyncio.run(run())


def apscheduler(ledger):
    from apscheduler.executors.base_py3 import Job, run_coroutine_job

    jobs = [Job("fetch", fetch, (number,)) for number in range(COUNT)]

    async def one(job):
        with ledger.bracket("default", job.name, "run_coroutine_job") as outcome:
            outcome.failed_with((await run_coroutine_job(job, "default", [0], "log"))[0].exception)

    async def run():
        await asyncio.gather(*(one(job) for job in jobs))

    return lambda: asyncio.run(run())


def arq(ledger):
    from arq.worker import Retry, Worker

    async def again(number):
        await asyncio.sleep(0)
        raise Retry(number)

    async def slow(number):
        await asyncio.sleep(5)

    worker = Worker([fetch, again, slow])

    async def one(name, number):
        with ledger.bracket("arq:queue", name, "wait_for") as outcome:
            error = await worker.run_job((name, (number,)), 0.05 if name == "slow" else 5)
            outcome.failed_with(None if isinstance(error, Retry) else error)

    async def run():
        names = ("fetch", "again", "slow")
        await asyncio.gather(*(one(name, number) for name in names for number in range(COUNT)))

    return lambda: asyncio.run(run())


def luigi(ledger):
    """Tasks that fail, and tasks that find out while they run what they require, and are then run again."""
    from luigi.interface import build
    from luigi.task import Task

    class Counted(Task):
        """Counts its executions as those of what is built."""

        root = ""

        def bracket(self):
            name = type(self).__name__
            return ledger.bracket(self.root, name, name)

    class Source(Counted):
        def run(self):
            with self.bracket():
                add(self.number)

    class Dynamic(Counted):
        def run(self):
            with self.bracket():
                for one in self.sources:
                    yield one
                if self.number % 2:
                    raise Broken(self.number)

    class Report(Counted):
        def requires(self):
            return self.sources

        def run(self):
            with self.bracket():
                boom(self.number) if self.number % 4 == 0 else add(self.number)

    def tree(kind, number, root):
        task = kind(number)
        task.root = root
        task.sources = [Source(number + 1), Source(number + 2)] if number % 3 == 0 else []
        for source in task.sources:
            source.root = root
        return task

    def run():
        for number in range(COUNT):
            build([tree(Report, number, "Report"), tree(Dynamic, number, "Report")])
            build([tree(Dynamic, number, "Dynamic")])

    return run
