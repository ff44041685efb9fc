# SPDX-License-Identifier: Apache-2.0
"""Tasks, and what is known of an execution of one."""


class Context:
    def __init__(self, *args, **kwargs):
        self.__dict__.update(*args, **kwargs)


class Task:
    """Each task is an instance of a class of its own, which has its name."""

    name = None
    bind = False

    def run(self, *args, **kwargs):
        raise NotImplementedError
