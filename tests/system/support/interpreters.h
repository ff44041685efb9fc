// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace flowtap::system_test {

// The interpreters that every test runs on: where FLOWTAP_PYTHONS is set, those (colon-separated paths, or
// "all"); else the oldest and the newest version that installed_pythons() finds of those that are supported.
// One empty path when there is none, so that the tests exist and can say what they miss.
std::vector<std::string> interpreters();

// The other supported ones, which few tests run on; none where FLOWTAP_PYTHONS is set.
std::vector<std::string> other_interpreters();

// What to name as missing where there is none.
std::string missing_interpreter();

}  // namespace flowtap::system_test
