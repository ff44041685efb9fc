# SPDX-License-Identifier: Apache-2.0
"""What a round of the workload runs: one function per shape, under the name given to --shape.

The functions are in shapes_plain.py, shapes_structured.py and shapes_async.py, which this module
imports so that they register.
"""

from __future__ import annotations

import graphs
import shapes_async  # noqa: F401
import shapes_plain  # noqa: F401
import shapes_structured  # noqa: F401
from kailash.runtime.async_local import AsyncLocalRuntime
from kailash.runtime.local import LocalRuntime
from plan import SHAPES, Plan

__all__ = ["SHAPES", "Plan", "hold"]


def hold(plan):
    """One more workflow, "held", whose node "gate" waits for a line on stdin."""
    config = {"exit_mode": plan.options.exit_mode}
    if plan.options.shape in ("async", "mixed", "await", "async-sync"):
        runtime = AsyncLocalRuntime()
        runtime.execute(graphs.around(plan, "AsyncHoldNode", "gate", config, workflow_id="held"))
        runtime.close()
        return
    with LocalRuntime() as runtime:
        runtime.execute(graphs.around(plan, "HoldNode", "gate", config, workflow_id="held"))
