# SPDX-License-Identifier: Apache-2.0
"""The registry of shapes, and the options that every shape's function gets."""

from __future__ import annotations

import random
import time

SHAPES = {}


def shape(name):
    def register(function):
        SHAPES[name] = function
        return function

    return register


class Plan:
    """The options of one workload, and how its workflows get their ids."""

    def __init__(self, options):
        self.options = options
        self.nodes = options.nodes
        self.random = random.Random(options.seed)

    def turns(self):
        """Numbers of the runs: --runs of them, or as many as fit in --duration-s."""
        end = time.monotonic() + self.options.duration_s
        run = 0
        while time.monotonic() < end if self.options.duration_s else run < self.options.runs:
            yield run
            run += 1

    def fails(self, run):
        return bool(self.options.fail_every) and run % self.options.fail_every == 0

    def fail_at(self, run):
        """The node that fails in this run: one in the middle, so that others depend on it."""
        return (self.nodes - 1) // 2 if self.fails(run) else None

    def node_config(self):
        return {"work_us": self.options.work_us, "busy": self.options.work == "busy"}

    def build(self, builder, workflow_id=None):
        if workflow_id is None and self.options.ids == "named":
            return builder.build(name=self.options.shape)
        if workflow_id is None and self.options.ids == "unnamed":
            return builder.build()
        return builder.build(workflow_id=workflow_id or self.options.shape)
