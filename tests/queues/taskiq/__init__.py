# SPDX-License-Identifier: Apache-2.0
"""A task queue that runs its tasks in the way that taskiq does."""
