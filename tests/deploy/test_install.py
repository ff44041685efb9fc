# SPDX-License-Identifier: Apache-2.0
"""The Debian package in a fresh Debian: it installs, runs, reloads, is removed and purged. systemd does not run there.

FLOWTAP_BUILD names the build directory, of which a package is made for this machine's own Debian suite. FLOWTAP_DEBIAN_SUITE
names another suite, for which scripts/package.sh builds flowtap. FLOWTAP_DEBIAN_ROOT names a root of the suite made by
debootstrap; without it one is made, with FLOWTAP_LONG_TESTS=1 only, since that loads some 100 MB. A copy of the root is
used. What this machine lacks is skipped by name, and the exit status is then 77, which ctest shows as skipped.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from test_deploy import SKIPPED, version

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CONFIG = "/etc/flowtap/flowtap.yaml"

# In a mount namespace of its own, so that nothing stays mounted. The second argument is a script.
ENTER = """
mount --rbind /proc "$1/proc" && mount --rbind /sys "$1/sys" && mount --rbind /dev "$1/dev" &&
cp /etc/resolv.conf "$1/etc/resolv.conf" && exec chroot "$1" /bin/sh -euc "$2"
"""

# flowtap in the root: started, reloaded, ended. The shipped config watches every process, and those of the host must
# not become targets: it is checked only, and another one is run.
LIVE = """
flowtap run --config {config} --check
echo 'match: no process has this text' > live.yaml
flowtap run --config live.yaml --listen 127.0.0.1:0 2> log &
pid=$!
trap 'kill $pid' EXIT
wait_for() {{ for i in $(seq 1200); do grep -q "$1" log && return; sleep 0.1; done; cat log; exit 1; }}
wait_for 'serving http://127.0.0.1:'
kill -HUP $pid
wait_for 'reloaded the configuration'
echo 'colour: green' >> live.yaml
kill -HUP $pid
wait_for 'reload failed, the configuration is unchanged: .*colour'
kill -TERM $pid
trap - EXIT
wait $pid
echo "ended with $?"
"""


def codename():
    with open("/etc/os-release", encoding="utf-8") as file:
        found = re.search(r"^VERSION_CODENAME=(\w+)$", file.read(), re.M)
    return found.group(1) if found else ""


def run(*command, timeout=900):
    return subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, universal_newlines=True,
        timeout=timeout, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"},
    )


def why_not():
    missing = [tool for tool in ("cpack", "dpkg-shlibdeps", "file", "unshare") if not shutil.which(tool)]
    if missing:
        return "not installed: " + ", ".join(missing)
    if os.geteuid() != 0:
        return "not root"
    if os.environ.get("FLOWTAP_DEBIAN_ROOT"):
        return ""
    if os.environ.get("FLOWTAP_LONG_TESTS") != "1":
        return "FLOWTAP_LONG_TESTS is not 1, and FLOWTAP_DEBIAN_ROOT names no root"
    return "" if shutil.which("debootstrap") else "not installed: debootstrap"


def package_name():
    return "flowtap_{}_amd64.deb".format(version())


def make_package(suite, directory):
    """The path of a package for that suite."""
    if suite == codename():
        config = os.path.join(os.environ["FLOWTAP_BUILD"], "CPackConfig.cmake")
        made = run("cpack", "-G", "DEB", "--config", config, "-B", directory)
    else:
        directory = os.path.join(REPOSITORY, "build/package-" + suite)
        made = run(os.path.join(REPOSITORY, "scripts/package.sh"), suite, timeout=7200)
    if made.returncode != 0:
        raise RuntimeError(made.stdout)
    return os.path.join(directory, package_name())


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if why_not():
            raise unittest.SkipTest(why_not())
        cls.directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.directory.cleanup)
        cls.root = os.path.join(cls.directory.name, "root")
        given = os.environ.get("FLOWTAP_DEBIAN_ROOT")
        suite = os.environ.get("FLOWTAP_DEBIAN_SUITE") or codename()
        made = (run("cp", "--archive", given, cls.root) if given
                else run("debootstrap", "--variant=minbase", suite, cls.root))
        if made.returncode != 0:
            raise unittest.SkipTest("no Debian root: " + made.stdout.strip().splitlines()[-1])
        shutil.copy(make_package(suite, cls.directory.name), cls.root)

    def inside(self, script):
        ran = run("unshare", "--mount", "--propagation", "private", "sh", "-euc", ENTER, "sh", self.root, script)
        self.assertEqual(ran.returncode, 0, ran.stdout)
        return ran.stdout

    def exists(self, path):
        return os.path.exists(self.root + path)

    def test_from_installation_to_purge(self):
        self.inside("apt-get update -qq && apt-get install -qq --yes /flowtap_*.deb")
        self.assertIn("flowtap " + version(), self.inside("flowtap --version"))
        self.assertEqual(self.inside("dpkg --verify flowtap"), "")
        self.assertFalse(self.exists("/etc/systemd/system/multi-user.target.wants/flowtap.service"), "it starts nothing")
        if "MISSING" in run("unshare", "--mount", "sh", "-euc", ENTER, "sh", self.root, "flowtap check").stdout:
            self.skipTest("this machine or user cannot attach: see flowtap check")
        self.assertIn("ended with 0", self.inside(LIVE.format(config=CONFIG)))
        # What an administrator changed outlives the program.
        self.inside("echo '# changed' >> " + CONFIG)
        self.inside("apt-get remove -qq --yes flowtap")
        self.assertFalse(self.exists("/usr/bin/flowtap"))
        self.assertTrue(self.exists(CONFIG))
        self.inside("apt-get purge -qq --yes flowtap")
        left = self.inside("find / -xdev -path /proc -prune -o -name '*flowtap*' -not -name '*.deb' -not -path '/sys/*' -print")
        self.assertEqual([line for line in left.splitlines() if not line.startswith(("/var/", "/tmp/"))], [])


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=2).result
    if not result.wasSuccessful():
        sys.exit(1)
    sys.exit(SKIPPED if result.skipped else 0)
