# SPDX-License-Identifier: Apache-2.0
"""FLOWTAP_ENGINE_OLD=1 makes this engine behave like an SDK before 2.8.3: no context variables."""

import os

HAS_CONTEXT_VARIABLES = os.environ.get("FLOWTAP_ENGINE_OLD", "") != "1"
