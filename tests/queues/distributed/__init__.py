# SPDX-License-Identifier: Apache-2.0
"""A worker that executes tasks in the way that Dask distributed does."""
