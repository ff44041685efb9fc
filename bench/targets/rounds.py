# SPDX-License-Identifier: Apache-2.0
"""The protocol of a measured program, line by line on stdin and stdout:

  program: "ready PID"
  caller:  "go N"         runs N times what it is there for
  program: one line of JSON, {"units": what was done, "cpu_seconds": of this process, for that}
  caller:  EOF            ends it
"""

import gc
import json
import os
import resource
import sys


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def serve(run):
    """run(count) does the work and returns how many units that was."""
    print("ready {}".format(os.getpid()), flush=True)
    for line in sys.stdin:
        gc.collect()
        began = cpu_seconds()
        units = run(int(line.split()[1]))
        print(json.dumps({"units": units, "cpu_seconds": cpu_seconds() - began}), flush=True)
