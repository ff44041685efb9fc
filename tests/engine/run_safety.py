# SPDX-License-Identifier: Apache-2.0
"""Starts a program of safety/ by its name; safety/program.py says how they behave."""

import importlib
import sys

if __name__ == "__main__":
    importlib.import_module("safety." + sys.argv[1]).main()
