# SPDX-License-Identifier: Apache-2.0
"""A worker: python3 -m courier SPOOL MODULE runs the messages of a directory with a module's functions."""

import importlib
import sys

from courier.worker import Worker

Worker(sys.argv[1], importlib.import_module(sys.argv[2])).run()
