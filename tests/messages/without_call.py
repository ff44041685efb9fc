# SPDX-License-Identifier: Apache-2.0
"""without_call.py NAME PROGRAM [ARGUMENT]...: becomes the program on a kernel that does not have this system call."""

import errno
import os
import sys

import seccomp

rules = seccomp.SyscallFilter(seccomp.ALLOW)
rules.add_rule(seccomp.ERRNO(errno.ENOSYS), sys.argv[1])
rules.load()
os.execv(sys.argv[2], sys.argv[2:])
