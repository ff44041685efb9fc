# SPDX-License-Identifier: Apache-2.0
"""Runs a framework's work and reports its own count of it: workload.py FRAMEWORK. See README.md."""

import asyncio
import json
import os
import sys
from contextlib import suppress

import ledger

RUNS = 20


def langgraph():
    from langgraph.pregel.main import Pregel

    async def plan(value, config):
        await asyncio.sleep(0)
        return value

    async def search(value, config):
        await asyncio.sleep(0.001)
        if value % 4 == 0:
            raise LookupError(value)
        return value

    tries = []

    async def unsteady(value, config):
        tries.append(value)
        if len(tries) % 2:
            raise OSError(value)
        return value

    answer = Pregel("answer", [[("plan", plan, 0)], [("search", search, 0), ("recall", plan, 0)]])
    retry = Pregel("retry", [[("unsteady", unsteady, 1)]])

    async def invoke(graph, number):
        with suppress(LookupError), ledger.workflow(graph.name):
            await graph.ainvoke(number, {"thread_id": str(number)})

    async def streamed(graph, number):
        with suppress(LookupError):
            async for _ in graph.astream(number):
                pass

    async def run():
        await asyncio.gather(*(invoke(answer, number) for number in range(RUNS)))
        for number in range(RUNS):
            await invoke(retry, number)
            await streamed(answer, number)
        await asyncio.sleep(0.01)

    return lambda: asyncio.run(run())


def temporalio():
    from temporalio.worker import _activity, _workflow_instance

    class Mailings:
        async def send(self, number):
            await asyncio.sleep(0.001)
            if number % 5 == 0:
                raise ConnectionError(number)

    def compress(number):
        return number

    async def fetch(number):
        await asyncio.sleep(0)
        return number

    mailings = Mailings()
    activities = {"send_mail": mailings.send, "compress": compress, "fetch": fetch}

    async def execute(workflow, name, number):
        fn = activities[name]
        info = _activity.Info(activity_type=name, workflow_type=workflow, attempt=1)
        chain = _activity.ActivityInboundInterceptor(
            _activity._ActivityInboundImpl(_activity._RunningActivity(info))
        )
        with ledger.node(workflow, name, fn.__qualname__):
            return await chain.execute_activity(_activity.ExecuteActivityInput(fn, (number,)))

    class Newsletter:
        async def run(self, number):
            for name in ("fetch", "compress", "send_mail"):
                # As a worker runs an activity: in a task that knows nothing of the workflow's.
                await asyncio.get_running_loop().create_task(execute("Newsletter", name, number))

    async def workflow(number):
        chain = _workflow_instance.WorkflowInboundInterceptor(
            _workflow_instance._WorkflowInboundImpl(Newsletter())
        )
        given = _workflow_instance.ExecuteWorkflowInput(Newsletter, Newsletter.run, (number,))
        with suppress(ConnectionError), ledger.workflow("Newsletter"):
            await chain.execute_workflow(given)

    async def run():
        await asyncio.gather(*(workflow(number) for number in range(RUNS)))

    return lambda: asyncio.run(run())


def airflow():
    from airflow.sdk.bases.operator import BaseOperator
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance, _execute_task

    class BashOperator(BaseOperator):
        def execute(self, context):
            return context["number"]

    class FailingOperator(BashOperator):
        def execute(self, context):
            super().execute(context)
            if context["number"] % 2:
                raise RuntimeError(context["number"])

    class Sensor(BaseOperator):
        def execute(self, context):
            return None

        def execute_complete(self, context):
            if context["number"] % 4 == 0:
                raise TimeoutError(context["number"])

    tasks = [
        (BashOperator("extract"), "daily", None),
        (FailingOperator("group.load"), "daily", None),
        (Sensor("wait"), "hourly", None),
        (Sensor("wait"), "hourly", "execute_complete"),
    ]

    def run():
        for number in range(RUNS):
            for task, dag_id, next_method in tasks:
                ti = RuntimeTaskInstance(task, dag_id, next_method)
                with suppress(RuntimeError, TimeoutError), ledger.node(dag_id, task.task_id, type(task).__name__):
                    _execute_task({"ti": ti, "number": number}, ti, None)

    return run


def prefect():
    from prefect.flow_engine import run_flow_async
    from prefect.task_engine import run_task_async
    from prefect.units import Flow, Task

    async def download(number):
        await asyncio.sleep(0.001)
        if number % 3 == 0:
            raise OSError(number)

    async def parse(number):
        return number

    steps = [Task(parse, "parse"), Task(download, "download", retries=1)]

    async def nightly(number):
        for step in steps:
            await run_task_async(step, {"number": number}, "nightly")

    async def one(number):
        with suppress(OSError):
            await run_flow_async(Flow(nightly, "nightly"), {"number": number})

    async def run():
        await asyncio.gather(*(one(number) for number in range(RUNS)))

    return lambda: asyncio.run(run())


def pydantic_ai():
    from pydantic_ai.agent import Agent

    agents = [(Agent("helper"), {"wanted": 2}), (Agent("broken"), {"wanted": 5, "limit": 3})]

    async def one(agent, options):
        with suppress(ConnectionError), ledger.workflow(agent.name):
            await agent.run("hello", **options)

    async def run():
        await asyncio.gather(*(one(agent, options) for agent, options in agents * RUNS))

    return lambda: asyncio.run(run())


def main():
    run = globals()[sys.argv[1]]()
    print("ready {}".format(os.getpid()), flush=True)
    for line in sys.stdin:
        if line.strip() == "exit":
            break
        run()
        print(json.dumps(ledger.report()), flush=True)


if __name__ == "__main__":
    main()
