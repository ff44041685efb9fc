// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <vector>

namespace flowtap {

// The first max bytes of a regular file as a process sees it, in its root directory and mount namespace.
// Links in the path stay inside that root: the process chooses them, and must not choose a file of ours.
// Empty where there is none. Needs Linux 5.6 (openat2).
std::string read_file_in_root(pid_t pid, const std::string& path, std::size_t max,
                              const std::string& proc_root = "/proc");

// The names in a directory as a process sees it; the same holds for its path. Not in order, at most `max`.
std::vector<std::string> names_in_root(pid_t pid, const std::string& path, std::size_t max,
                                       const std::string& proc_root = "/proc");

}  // namespace flowtap
