# SPDX-License-Identifier: Apache-2.0
"""Workflows under coverage.py, whose count of lines is what it is unobserved."""

from __future__ import annotations

import os

import coverage
import workload_nodes
from kailash.nodes import base
from safety import tracing
from safety.program import begin, report, say


def cover(core):
    os.environ["COVERAGE_CORE"] = core
    measuring = coverage.Coverage(data_file=None, branch=core != "sysmon", config_file=False)
    measuring.start()
    tracing.run_all("covered-{}".format(core))
    measuring.stop()
    data = measuring.get_data()
    for module in (base, workload_nodes):
        say(core, os.path.basename(module.__file__), sorted(data.lines(module.__file__) or []))


def main():
    begin()
    cover("ctrace")
    if coverage.version_info >= (7, 4):
        cover("sysmon")
    report()
