# SPDX-License-Identifier: Apache-2.0
"""A task queue that traces its tasks in the way that Celery 5 does, without broker and workers."""
