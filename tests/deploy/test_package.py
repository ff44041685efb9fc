# SPDX-License-Identifier: Apache-2.0
"""The Debian package that CPack makes of the built program: what is in it, what it depends on, that lintian finds
no error, and that what it holds runs.

FLOWTAP_BUILD names the build directory. Nothing is built and nothing is installed. Where a tool is missing the exit
status is 77, which ctest shows as skipped.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../scripts"))

import command_line
from test_deploy import SKIPPED, unit_values, version

TOOLS = ("cpack", "dpkg-deb", "dpkg-shlibdeps", "file", "lintian", "man")

CONTENTS = {
    "./etc/flowtap/flowtap.yaml": "-rw-r--r--",
    "./lib/systemd/system/flowtap.service": "-rw-r--r--",
    "./usr/bin/flowtap": "-rwxr-xr-x",
    "./usr/share/bash-completion/completions/flowtap": "-rw-r--r--",
    "./usr/share/doc/flowtap/README.md": "-rw-r--r--",
    "./usr/share/doc/flowtap/changelog.gz": "-rw-r--r--",
    "./usr/share/doc/flowtap/copyright": "-rw-r--r--",
    "./usr/share/doc/flowtap/profiles/README.md": "-rw-r--r--",
    "./usr/share/doc/flowtap/profiles/apscheduler.yaml": "-rw-r--r--",
    "./usr/share/doc/flowtap/profiles/arq.yaml": "-rw-r--r--",
    "./usr/share/doc/flowtap/profiles/celery.yaml": "-rw-r--r--",
    "./usr/share/doc/flowtap/profiles/contrib/airflow.yaml": "-rw-r--r--",
    "./usr/share/doc/flowtap/profiles/contrib/langgraph.yaml": "-rw-r--r--",
    "./usr/share/doc/flowtap/profiles/contrib/prefect.yaml": "-rw-r--r--",
    "./usr/share/doc/flowtap/profiles/contrib/pydantic-ai.yaml": "-rw-r--r--",
    "./usr/share/doc/flowtap/profiles/contrib/temporal.yaml": "-rw-r--r--",
    "./usr/share/doc/flowtap/profiles/dask.yaml": "-rw-r--r--",
    "./usr/share/doc/flowtap/profiles/dramatiq.yaml": "-rw-r--r--",
    "./usr/share/doc/flowtap/profiles/huey.yaml": "-rw-r--r--",
    "./usr/share/doc/flowtap/profiles/kailash.yaml": "-rw-r--r--",
    "./usr/share/doc/flowtap/profiles/luigi.yaml": "-rw-r--r--",
    "./usr/share/doc/flowtap/profiles/rq.yaml": "-rw-r--r--",
    "./usr/share/doc/flowtap/profiles/taskiq.yaml": "-rw-r--r--",
    "./usr/share/doc/flowtap/sbom.cdx.json": "-rw-r--r--",
    "./usr/share/fish/vendor_completions.d/flowtap.fish": "-rw-r--r--",
    "./usr/share/man/man1/flowtap.1.gz": "-rw-r--r--",
    "./usr/share/zsh/vendor-completions/_flowtap": "-rw-r--r--",
}


def run(*command):
    return subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True, timeout=180
    )


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        missing = [name for name in TOOLS if not shutil.which(name)]
        if missing:
            raise unittest.SkipTest("not installed: " + ", ".join(missing))
        cls.directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.directory.cleanup)
        config = os.path.join(os.environ["FLOWTAP_BUILD"], "CPackConfig.cmake")
        made = run("cpack", "-G", "DEB", "--config", config, "-B", cls.directory.name)
        if made.returncode != 0:
            raise RuntimeError(made.stdout)
        cls.file = os.path.join(cls.directory.name, "flowtap_{}_amd64.deb".format(version()))
        cls.root = os.path.join(cls.directory.name, "root")
        unpacked = run("dpkg-deb", "--extract", cls.file, cls.root)
        if unpacked.returncode != 0:
            raise RuntimeError(unpacked.stdout)

    def field(self, name):
        return run("dpkg-deb", "--field", self.file, name).stdout.strip()

    def test_lintian_finds_no_error(self):
        checked = run("lintian", "--profile", "debian", "--fail-on", "error", "--allow-root", self.file)
        self.assertEqual(checked.returncode, 0, checked.stdout)

    def test_it_holds_what_it_should_and_nothing_else(self):
        listed = run("dpkg-deb", "--contents", self.file).stdout
        files = re.findall(r"^(-\S+) root/root +\d+ \S+ \S+ (\S+)$", listed, re.M)
        self.assertEqual({path: mode for mode, path in files}, CONTENTS)
        self.assertEqual(len(re.findall(r"^[^d]", listed, re.M)), len(CONTENTS), listed)

    def test_it_depends_on_what_the_image_has(self):
        depends = set(re.findall(r"(?:^|, )([^ ,]+)", self.field("Depends"))) - {"libc6"}
        with open(os.path.join(os.path.dirname(__file__), "../../deploy/docker/Dockerfile")) as file:
            image = re.findall(r"^ {8}(\S+) \\$", file.read().split("\nFROM ")[-1], re.M)
        self.assertEqual(depends, set(image))

    def test_what_it_holds_runs(self):
        program = os.path.join(self.root, "usr/bin/flowtap")
        self.assertIn(version(), run(program, "--version").stdout)
        self.assertEqual(self.field("Version"), version())
        config = os.path.join(self.root, "etc/flowtap/flowtap.yaml")
        checked = run(program, "run", "--config", config, "--check")
        self.assertEqual((checked.returncode, checked.stdout), (0, ""))

    def test_its_unit_starts_its_program(self):
        with open(os.path.join(self.root, "lib/systemd/system/flowtap.service")) as file:
            unit = file.read()
        self.assertIn("\nExecStart=/usr/bin/flowtap run --config /etc/flowtap/flowtap.yaml\n", unit)
        self.assertNotIn("/usr/local", unit)
        self.assertIn("AmbientCapabilities=" + unit_values("AmbientCapabilities")[0], unit)

    def test_it_starts_nothing_and_keeps_a_changed_config(self):
        control = os.path.join(self.directory.name, "control")
        self.assertEqual(run("dpkg-deb", "--control", self.file, control).returncode, 0)
        self.assertEqual(set(os.listdir(control)), {"control", "md5sums", "conffiles"})
        with open(os.path.join(control, "conffiles")) as file:
            self.assertEqual(file.read(), "/etc/flowtap/flowtap.yaml\n")

    def commands(self):
        return command_line.commands(os.path.join(self.root, "usr/bin/flowtap"))

    def test_the_manual_has_every_command_and_option(self):
        manual = run("man", "--local-file", os.path.join(self.root, "usr/share/man/man1/flowtap.1.gz")).stdout
        self.assertGreaterEqual(len(self.commands()), 4)
        for command, (_, options) in self.commands().items():
            self.assertIn("flowtap " + command, manual)
            for option in options:
                self.assertIn("--" + option.name, manual)

    def complete(self, *words):
        """What bash offers for the last of these words."""
        script = 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _flowtap; printf "%s\\n" "${COMPREPLY[@]}"'
        completions = os.path.join(self.root, "usr/share/bash-completion/completions/flowtap")
        return run("bash", "-c", script, "bash", completions, *words).stdout.split()

    def test_bash_completes_commands_options_and_values(self):
        self.assertEqual(self.complete("flowtap", "pl"), ["plan"])
        for command, (_, options) in self.commands().items():
            offered = self.complete("flowtap", command, "--")
            self.assertEqual(set(offered) - {"--help"}, {"--" + option.name for option in options})
        self.assertIn("1", self.complete("flowtap", "plan", "--pid", ""))
        self.assertEqual(self.complete("flowtap", "plan", "--prefer", "ch"), ["cheap"])

    def test_the_other_shells_take_their_completions(self):
        for shell, check, path in (
            ("zsh", ("-n",), "usr/share/zsh/vendor-completions/_flowtap"),
            ("fish", ("--no-execute",), "usr/share/fish/vendor_completions.d/flowtap.fish"),
        ):
            with self.subTest(shell):
                with open(os.path.join(self.root, path)) as file:
                    self.assertIn("max-overhead", file.read())
                if not shutil.which(shell):
                    self.skipTest("not installed: " + shell)
                self.assertEqual(run(shell, *check, os.path.join(self.root, path)).stdout, "")

    def test_the_bill_of_materials_has_every_package_it_depends_on(self):
        with open(os.path.join(self.root, "usr/share/doc/flowtap/sbom.cdx.json")) as file:
            bill = json.load(file)
        self.assertEqual((bill["bomFormat"], bill["specVersion"]), ("CycloneDX", "1.5"))
        self.assertEqual(bill["metadata"]["component"]["version"], version())
        names = {component["name"] for component in bill["components"]}
        depends = set(re.findall(r"(?:^|, )([^ ,]+)", self.field("Depends")))
        self.assertLessEqual(depends, names)
        self.assertLessEqual({"libcli11-dev", "nlohmann-json3-dev"}, names)
        references = {component["bom-ref"] for component in bill["components"]}
        self.assertEqual(len(references), len(bill["components"]))
        self.assertEqual(set(bill["dependencies"][0]["dependsOn"]), references)


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=2).result
    if not result.wasSuccessful():
        sys.exit(1)
    sys.exit(SKIPPED if result.skipped else 0)
