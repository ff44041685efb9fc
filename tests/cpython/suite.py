# SPDX-License-Identifier: Apache-2.0
"""Runs modules of CPython's own test suite once a line comes, and prints what became of each test.

  suite.py FOLDER MODULE...   says "ready", or "missing: WHAT"; then a line for each test, and "ran NUMBER"

Where the interpreter comes without its tests, as Debian's does, they are looked for below the folder, where their
package is unpacked.
"""

import importlib
import importlib.util
import os
import sys
import tempfile
import test
import unittest


class Outcomes(unittest.TestResult):
    """One word for each test; a subtest that fails counts as its test's failure."""

    def __init__(self, out):
        super().__init__()
        self.out = out
        self.word = ""

    def startTest(self, test):
        super().startTest(test)
        self.word = "passed"

    def stopTest(self, test):
        super().stopTest(test)
        print(test.id(), self.word, file=self.out, flush=True)

    def addError(self, test, err):
        self.word = "error " + err[0].__name__

    def addFailure(self, test, err):
        self.word = "failure"

    def addSkip(self, test, reason):
        self.word = "skipped"

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.word = "failure"


def missing(modules):
    for module in modules:
        if importlib.util.find_spec("test." + module) is None:
            return "test." + module + " of CPython's test suite"
    return ""


def main():
    folder, *modules = sys.argv[1:]
    test.__path__.append("{}/usr/lib/python{}.{}/test".format(folder, *sys.version_info[:2]))
    lacking = missing(modules)
    if lacking:
        print("missing: " + lacking, flush=True)
        return
    os.chdir(tempfile.mkdtemp())
    suite = unittest.TestSuite(
        unittest.defaultTestLoader.loadTestsFromModule(importlib.import_module("test." + module)) for module in modules
    )
    out = os.fdopen(os.dup(1), "w")
    print("ready", file=out, flush=True)
    sys.stdin.readline()
    # Tests write to both.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    outcomes = Outcomes(out)
    suite.run(outcomes)
    print("ran", outcomes.testsRun, file=out, flush=True)


if __name__ == "__main__":
    main()
