# SPDX-License-Identifier: Apache-2.0
"""Tasks: run() does the work, or yields tasks that must be complete before it can go on."""


class Task:
    def __init__(self, number):
        self.number = number
        self.is_complete = False
        self.set_status_message = None

    def requires(self):
        return []

    def run(self):
        raise NotImplementedError
