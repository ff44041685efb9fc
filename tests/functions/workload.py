# SPDX-License-Identifier: Apache-2.0
"""Runs jobs and reports its own count of them, by the protocol of tests/engine/workload.py."""

import json
import os
import queue
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../engine"))

from jobs import Job, Retried, Step, run_job  # noqa: E402
from kailash import ledger  # noqa: E402

RUNS = 30


def work(number):
    return number


def fails_at_times(number):
    if number % 5 == 0:
        raise ValueError(number)
    return number


def fails_once(number, seen=set()):
    key = (threading.get_ident(), number)
    if key in seen:
        seen.discard(key)
        return number
    seen.add(key)
    raise KeyError(number)


def run(job, number):
    with ledger.workflow(job):
        return run_job(job, number)


def inner_job():
    return Job("inner", [Step("leaf", work), Step("brittle", fails_at_times)])


def runs_inner(number):
    return run(inner_job(), number)


def keeps_frames(number, kept={}):
    """Those of the step and the job outlive their calls, as in an exception that someone keeps."""
    kept[threading.get_ident()] = sys._getframe(1), sys._getframe(2)
    return number


def falls_back(number):
    try:
        return run(inner_job(), number)
    except ValueError:
        return 0


def new_jobs():
    return [
        Job("plain", [Step("one", work), Step("nothing", None), Step("two", work), Retried("again", fails_once)]),
        Job("brittle", [Step("one", work), Step("brittle", fails_at_times), Step("late", work)]),
        Job("kept", [Step("frames", keeps_frames), Step("brittle", fails_at_times), Step("late", keeps_frames)]),
        Job("nested", [Step("inner", runs_inner), Step("fallback", falls_back)]),
    ]


def run_all():
    for job in new_jobs():
        for number in range(RUNS):
            try:
                run(job, number)
            except ValueError:
                pass


def serve(orders, answers):
    while orders.get():
        run_all()
        answers.put(None)


def main():
    orders, answers = queue.Queue(), queue.Queue()
    early = threading.Thread(target=serve, args=(orders, answers), daemon=True)
    early.start()  # before anything is attached
    print("ready {}".format(os.getpid()), flush=True)
    for line in sys.stdin:
        if line.strip() == "exit":
            break
        orders.put(True)
        with ThreadPoolExecutor(2) as pool:  # after it
            for done in [pool.submit(run_all) for _ in range(2)]:
                done.result()
        list(map(lambda _: run_all(), range(2)))  # below C
        answers.get()
        print(json.dumps(ledger.LEDGER.report()), flush=True)
    orders.put(False)


if __name__ == "__main__":
    main()
