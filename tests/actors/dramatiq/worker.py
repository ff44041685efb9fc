# SPDX-License-Identifier: Apache-2.0
"""Messages, and the threads that process them. A message that failed is sent again while it may be."""

from __future__ import annotations

import queue
import threading

import ledger


class Message:
    def __init__(self, actor, args, kwargs, retries=0):
        self.actor = actor
        self.args = args
        self.kwargs = kwargs
        self.retries = retries


class Worker:
    def __init__(self, threads):
        self._messages = queue.Queue()
        for _ in range(threads):
            threading.Thread(target=self._run, daemon=True).start()

    def send(self, actor, *args, **kwargs):
        self._messages.put(Message(actor, args, kwargs))

    def join(self):
        """Returns once every message, and what was sent again, is processed."""
        self._messages.join()

    def _run(self):
        while True:
            message = self._messages.get()
            self.process_message(message)
            self._messages.task_done()

    def process_message(self, message):
        actor = message.actor
        try:
            with ledger.call(actor):
                res = actor(*message.args, **message.kwargs)
            return res
        except Exception:
            if message.retries < actor.options["max_retries"]:
                self._messages.put(Message(actor, message.args, message.kwargs, message.retries + 1))
