// SPDX-License-Identifier: Apache-2.0
// The Python programs of this machine that tests can start.
#pragma once

#include <string>
#include <vector>

namespace flowtap {

// python3.N of /usr/bin, PATH and ~/.pyenv/versions for every N, and python3.Nd, the debug builds; each
// program once, by the first of its paths. Programs of /usr/bin come first, then the lesser N of a directory.
const std::vector<std::string>& installed_pythons();

// The minor version in a program's name; 0 where it has none. python3.14-unstable is of 14.
unsigned python_minor(const std::string& path);

// The paths in the colon-separated list that an environment variable holds; none where it is not set.
std::vector<std::string> paths_in(const char* variable);

// A path in letters, digits and underscores, as GoogleTest wants names; "none" for the empty one.
std::string path_as_test_name(const std::string& path);

}  // namespace flowtap
