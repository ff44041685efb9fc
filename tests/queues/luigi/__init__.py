# SPDX-License-Identifier: Apache-2.0
"""Runs tasks in the way that Luigi's worker does, without a scheduler, targets and parameters."""
