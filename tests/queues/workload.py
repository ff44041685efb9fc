# SPDX-License-Identifier: Apache-2.0
"""Runs jobs and reports its own count of them: workload.py simple|forking|QUEUE, with a QUEUE of loads.py.

The protocol is that of tests/engine/workload.py.
"""

import json
import os
import sys

import loads
from ledger import Ledger
from rq.job import Job, get_current_job
from rq.worker import SimpleWorker, Worker


class OwnJob(Job):
    """A job class of the user's."""


def add(one, other):
    return one + other


def flaky(number):
    if number % 3 == 0:
        raise LookupError(number)  # its name lies in the interpreter's file, which a forked process need not have touched
    return number


def catches(number):
    try:
        return flaky(number)
    except LookupError:
        return 0


def nested(number):
    """Runs another job within its own."""
    inner = Job(add, (number, 1), get_current_job().origin)
    with LEDGER.attempt(inner):
        return inner.perform()


LEDGER = Ledger()
WORKERS = {"simple": (SimpleWorker, 20), "forking": (Worker, 10)}


def jobs(count):
    for number in range(count):
        yield Job(add, (number, 1), "default")
        yield Job(flaky, (number,), "mail", retries=2)
        yield OwnJob(catches, (number,), "mail")
        yield Job(nested, (number,), "default")


def load(name):
    """What runs a round."""
    if name not in WORKERS:
        return getattr(loads, name)(LEDGER)
    worker, count = WORKERS[name]
    return lambda: worker(LEDGER).work(jobs(count))


def main():
    run = load(sys.argv[1])
    print("ready {}".format(os.getpid()), flush=True)
    for line in sys.stdin:
        if line.strip() == "exit":
            break
        run()
        print(json.dumps(LEDGER.report()), flush=True)


if __name__ == "__main__":
    main()
