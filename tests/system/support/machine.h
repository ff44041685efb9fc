// SPDX-License-Identifier: Apache-2.0
// What works on this machine, as `flowtap check --json` found it: once for a run of ctest, which names the
// file in FLOWTAP_MACHINE, else once for this process.
#pragma once

#include <string>

namespace flowtap::system_test {

// What this machine or user lacks to attach probes at all; empty when nothing.
std::string missing_capability();

// Why probes of this kind do not fire here ("hardware_watch_access", ...); empty when they do.
std::string missing_mechanism(const std::string& name);

}  // namespace flowtap::system_test
