#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints a CycloneDX 1.5 bill of what is linked into the program: sbom.py PROGRAM BUILD

BUILD is the directory it was built in, with Ninja. Libraries are named by the Debian packages that hold them; one that
no package holds is named by its file.
"""

import json
import os
import re
import subprocess
import sys

# In the program without a library of their own: headers only.
HEADER_ONLY = ("libcli11-dev", "nlohmann-json3-dev", "prometheus-cpp-dev")


def output(*command):
    return subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, universal_newlines=True
    ).stdout


def loaded(program):
    """The shared libraries that the program loads, directly or not."""
    return re.findall(r"=> (/\S+) \(", output("ldd", program))


def archives(build):
    """The static libraries of others that the program was linked with."""
    with open(os.path.join(build, "build.ninja"), encoding="utf-8") as file:
        rule = re.search(r"^build flowtap: .*?(?=^build )", file.read(), re.M | re.S)
    words = re.findall(r"^  LINK_LIBRARIES = (.*)$", rule.group(0), re.M) if rule else []
    return [word for word in " ".join(words).split() if word.startswith("/") and word.endswith(".a")]


def package_of(path):
    """(name, version, architecture) of the Debian package with this file, or None."""
    for candidate in (path, os.path.realpath(path), os.path.realpath(path).replace("/usr/lib", "/lib", 1)):
        owner = output("dpkg-query", "--search", candidate).split(": ")[0]
        if owner:
            return describe(owner.split(",")[0])
    return None


def describe(package):
    fields = output("dpkg-query", "--show", "--showformat", "${Package} ${Version} ${Architecture}", package).split()
    return tuple(fields) if len(fields) == 3 else None


def component(package, how):
    name, version, architecture = package
    return {
        "type": "library",
        "bom-ref": "deb/{}@{}".format(name, version),
        "name": name,
        "version": version,
        "purl": "pkg:deb/debian/{}@{}?arch={}".format(name, version.replace(":", "%3A"), architecture),
        "properties": [{"name": "flowtap:linked", "value": how}],
    }


def unpackaged(path, how):
    name = os.path.basename(path)
    return {"type": "library", "bom-ref": "file/" + name, "name": name,
            "properties": [{"name": "flowtap:linked", "value": how}]}


def components(program, build):
    found = {}
    linked = [(path, "dynamically") for path in loaded(program)] + [(path, "statically") for path in archives(build)]
    for path, how in linked:
        package = package_of(path)
        one = component(package, how) if package else unpackaged(path, how)
        found.setdefault(one["bom-ref"], one)
    for package in filter(None, map(describe, HEADER_ONLY)):
        found.setdefault("deb/{}@{}".format(*package), component(package, "headers only"))
    return [found[reference] for reference in sorted(found)]


def bill(program, build):
    version = output(program, "--version").split()[-1]
    parts = components(program, build)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "component": {"type": "application", "bom-ref": "flowtap", "name": "flowtap", "version": version,
                          "licenses": [{"license": {"id": "Apache-2.0"}}]}
        },
        "components": parts,
        "dependencies": [{"ref": "flowtap", "dependsOn": [part["bom-ref"] for part in parts]}],
    }


if __name__ == "__main__":
    json.dump(bill(sys.argv[1], sys.argv[2]), sys.stdout, indent=2)
    print()
