# SPDX-License-Identifier: Apache-2.0
"""What a program sends to a worker: a file, which gets its name once it is complete."""

import json
import os
import uuid


class Message:
    def __init__(self, path, task, args, queue):
        self.path = path
        self.task = task
        self.args = args
        self._queue = queue

    @property
    def queue(self):
        return self._queue or "default"


def send(spool, task, *args, queue=None):
    path = os.path.join(spool, uuid.uuid4().hex)
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"task": task, "args": args, "queue": queue}, file)
    os.rename(path, path + ".json")


def take(spool):
    """A message for this thread alone; None: there is none."""
    for entry in sorted(os.listdir(spool)):
        path = os.path.join(spool, entry)
        if not entry.endswith(".json"):
            continue
        try:
            os.rename(path, path + ".running")
        except FileNotFoundError:
            continue  # another thread was faster
        with open(path + ".running", encoding="utf-8") as file:
            return Message(path + ".running", **json.load(file))
    return None
