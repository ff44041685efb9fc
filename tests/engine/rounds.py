# SPDX-License-Identifier: Apache-2.0
"""What a program to observe does with its input: a round for each line, then its ledger, until "exit"."""

import json
import os
import sys

from kailash import ledger


def serve(run_round):
    print("ready {}".format(os.getpid()), flush=True)
    for line in sys.stdin:
        if line.strip() == "exit":
            break
        run_round()
        print(json.dumps(ledger.LEDGER.report()), flush=True)
