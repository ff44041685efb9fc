# SPDX-License-Identifier: Apache-2.0
"""A measured program: starts with the `with` block, runs on request, and is ended with the block."""

import json
import os
import subprocess
import tempfile


class Program:
    def __init__(self, command, environment):
        self._directory = tempfile.TemporaryDirectory()
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=self._directory.name,
            env=dict(os.environ, HOME=self._directory.name, PYTHONHASHSEED="0", **environment),
        )
        self.pid = int(self._line().split()[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._directory.cleanup()

    def run(self, count):
        """Runs one round. Returns its number of units and the CPU seconds that the program used."""
        self._process.stdin.write("go {}\n".format(count))
        self._process.stdin.flush()
        report = json.loads(self._line())
        return report["units"], report["cpu_seconds"]

    def _line(self):
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("{} ended".format(" ".join(self._process.args)))
        return line
