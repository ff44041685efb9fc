# SPDX-License-Identifier: Apache-2.0
"""under_seccomp.py PROFILE PROGRAM [ARGUMENT]...: becomes the program under a seccomp profile of the form that
container runtimes read, as far as ours uses it: names to allow, and an error for all else."""

import json
import os
import sys

import seccomp


def load(path):
    with open(path, encoding="utf-8") as file:
        profile = json.load(file)
    if (profile["defaultAction"], profile["architectures"]) != ("SCMP_ACT_ERRNO", ["SCMP_ARCH_X86_64"]):
        sys.exit("another form of profile than this test reads")
    rules = seccomp.SyscallFilter(seccomp.ERRNO(profile["defaultErrnoRet"]))
    for rule in profile["syscalls"]:
        if rule["action"] != "SCMP_ACT_ALLOW":
            sys.exit("another form of profile than this test reads")
        for name in rule["names"]:
            rules.add_rule(seccomp.ALLOW, name)
    rules.load()


load(sys.argv[1])
os.execv(sys.argv[2], sys.argv[2:])
