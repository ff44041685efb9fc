# SPDX-License-Identifier: Apache-2.0
"""Flows and tasks: functions with names."""


class Flow:
    def __init__(self, fn, name):
        self.fn, self.name = fn, name


class Task:
    def __init__(self, fn, name, retries=0):
        self.fn, self.name, self.retries = fn, name, retries
