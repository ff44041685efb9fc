#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds flowtap, starts a sample workflow process that knows nothing of it, attaches by PID, and shows the
# scraped metrics beside the sample's own count. Exit status: 0 they agree; 1 they do not; 3 this machine or
# user cannot.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/packages.sh
source scripts/python.sh

scripts/build.sh
install_packages sample
if ! build/flowtap check; then
    echo "error: run the demo: this machine or user cannot attach: see MISSING above (try it as root)" >&2
    exit 3
fi
if ! python=$(find_python); then
    echo "error: run the demo: no $(supported_pythons) in /usr/bin or PATH (install one)" >&2
    exit 3
fi
exec "$python" scripts/demo.py
