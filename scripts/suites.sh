# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# To be sourced: packages of a Debian suite that need not be this machine's. The caller sets `cache`, a directory that
# has the suite's sources.list.

# Where this machine gets its packages from.
# shellcheck disable=SC2016  # apt's own variable
mirror() {
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null | grep -v security | head -n 1
}

# apt_of TOOL ARGUMENT...: an apt that knows the sources in that list alone, and nothing of what is installed.
apt_of() {
    # shellcheck disable=SC2154  # the caller's
    "$1" -qq -o Dir::Etc::SourceList="$cache/sources.list" -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::State::Lists="$cache/lists" -o Dir::Cache="$cache/apt" -o APT::Sandbox::User=root "${@:2}"
}
