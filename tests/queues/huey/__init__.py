# SPDX-License-Identifier: Apache-2.0
"""A task queue that executes its tasks in the way that Huey does, without storage and consumer."""
