# SPDX-License-Identifier: Apache-2.0
"""The workflows of eager.py, and LocalRuntime's own loops, on uvloop: C drives the same tasks."""

from __future__ import annotations

import warnings
from contextlib import suppress

import uvloop
from kailash.runtime.local import LocalRuntime
from kailash.sdk_exceptions import KailashException
from safety import eager
from safety.program import begin, chain, report, say


def main():
    begin()
    warnings.simplefilter("ignore")  # loop policies are on their way out
    uvloop.install()
    loop = uvloop.new_event_loop()
    loop.run_until_complete(eager.run_all())
    loop.close()
    with LocalRuntime() as runtime:
        for run in range(30):
            fail = {"fail": "ValueError"} if run % 3 == 0 else {}
            with suppress(KailashException):
                runtime.execute(
                    chain("local", ("AsyncWorkNode", "one"), ("WorkNode", "two", fail), ("WorkNode", "three"))
                )
    say("done")
    report()
