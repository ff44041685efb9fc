# SPDX-License-Identifier: Apache-2.0
"""A job queue that runs its jobs in the way that arq does, without Redis."""
