# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# To be sourced: find_python prints an interpreter that flowtap can watch; fails where there is none.

find_python() {
    local candidate
    local fits='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))'
    for candidate in /usr/bin/python3 python3.14 python3.13 python3.12 python3.11 python3; do
        if "$candidate" -c "$fits" 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}
