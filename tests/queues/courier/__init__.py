# SPDX-License-Identifier: Apache-2.0
"""A task queue: each message is a file in a directory, and the threads of a worker run them."""
