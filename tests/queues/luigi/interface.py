# SPDX-License-Identifier: Apache-2.0
"""How programs run tasks, and what those require."""

from luigi.worker import Worker


def build(tasks):
    return _schedule_and_run(tasks)


def _schedule_and_run(tasks):
    worker = Worker()
    for task in tasks:
        worker.add(task)
    worker.run()
    return worker.results
