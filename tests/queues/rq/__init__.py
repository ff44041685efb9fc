# SPDX-License-Identifier: Apache-2.0
"""A task queue that runs its jobs in the way that RQ does, without Redis."""
