# SPDX-License-Identifier: Apache-2.0
"""What one step of a graph runs."""

import dataclasses
from typing import Any, Callable


@dataclasses.dataclass(frozen=True, slots=True)
class PregelExecutableTask:
    name: str
    input: Any
    proc: Callable
    config: dict
    retries: int = 0
