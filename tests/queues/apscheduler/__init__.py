# SPDX-License-Identifier: Apache-2.0
"""A scheduler whose executor runs coroutines in the way that APScheduler 3 does."""
