// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace flowtap::system_test {

// Where FLOWTAP_PYTHONS (colon-separated paths) is set, those; else what installed_pythons() finds of the
// versions that are supported. One empty path when there is none, so that the tests exist and can say what
// they miss.
std::vector<std::string> interpreters();

// What a test misses where there is none.
std::string missing_interpreter();

}  // namespace flowtap::system_test
