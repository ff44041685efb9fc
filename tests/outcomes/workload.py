# SPDX-License-Identifier: Apache-2.0
"""Runs 30 of each, by the protocol of tests/engine/workload.py; what they come to is plain: every third one fails."""

import asyncio
import json
import os
import sys
from contextlib import suppress

import jobs

RUNS = 30


async def asynchronous():
    for one in (jobs.returns_object, jobs.returns_items, jobs.returns_constant, jobs.keeps_state):
        for number in range(RUNS):
            if number % 2:
                await one(number)
            else:
                await asyncio.ensure_future(one(number))


def run_all():
    nodes = jobs.Nodes("nodes")
    for number in range(RUNS):
        arguments = {"number": number}
        nodes.run(**arguments)
        nodes(number)
        with suppress(jobs.Retry, ValueError):
            nodes.retries(**arguments)
    asyncio.run(asynchronous())


def main():
    print("ready {}".format(os.getpid()), flush=True)
    for line in sys.stdin:
        if line.strip() == "exit":
            break
        run_all()
        print(json.dumps({"workflows": {}, "nodes": [], "errors": []}), flush=True)


if __name__ == "__main__":
    main()
