# SPDX-License-Identifier: Apache-2.0
"""Runs messages on two threads, and prints a line for each of them."""

import os
import threading
import time

from courier import message


class Receipt:
    def __init__(self, request, error, seconds, at):
        self.request = request
        self.error = error
        self.seconds = seconds
        self.at = at

    def __str__(self):
        outcome = "success" if self.error is None else type(self.error).__name__
        return "{} {} {}\n".format(self.request.queue, self.request.task, outcome)


class Worker:
    def __init__(self, spool, tasks):
        self.spool = spool
        self.tasks = tasks

    def run(self):
        threads = [threading.Thread(target=self.work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def work(self):
        while True:
            request = message.take(self.spool)
            if request is None:
                time.sleep(0.05)
            else:
                self.process(request)

    def process(self, request):
        began = time.perf_counter()
        error = None
        try:
            task = getattr(self.tasks, request.task)
            task(*request.args)
        except Exception as caught:
            error = caught
        seconds = time.perf_counter() - began
        receipt = Receipt(request, error, seconds, time.time())
        print(receipt, end="", flush=True)
        os.remove(request.path)
