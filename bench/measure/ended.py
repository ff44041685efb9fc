# SPDX-License-Identifier: Apache-2.0
import subprocess


class Ended:
    """Context manager: a process with text pipes, ended on exit from the block."""

    def __init__(self, command, **more):
        self.process = subprocess.Popen(command, text=True, **more)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                pipe.close()
