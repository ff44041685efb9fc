// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace flowtap::system_test {

// Where FLOWTAP_PYTHONS (colon-separated paths) is set, those; else /usr/bin/python3.11, then python3.11 to
// python3.14 of PATH and of ~/.pyenv/versions, each program once. One empty path when there is none, so that
// the tests exist and can say what they miss.
std::vector<std::string> interpreters();

}  // namespace flowtap::system_test
