// SPDX-License-Identifier: Apache-2.0
#include "interpreters.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <sstream>

namespace flowtap::system_test {
namespace {

namespace fs = std::filesystem;

constexpr int kOldestMinor = 11;
constexpr int kNewestMinor = 14;

std::vector<std::string> split(const char* list) {
    std::vector<std::string> parts;
    std::istringstream in(list == nullptr ? "" : list);
    for (std::string part; std::getline(in, part, ':');)
        if (!part.empty()) parts.push_back(part);
    return parts;
}

std::vector<fs::path> pyenv_directories() {
    std::vector<fs::path> directories;
    const char* home = std::getenv("HOME");
    std::error_code error;
    for (const auto& version : fs::directory_iterator(fs::path(home ? home : "/") / ".pyenv/versions", error))
        directories.push_back(version.path() / "bin");
    std::ranges::sort(directories);
    return directories;
}

std::vector<fs::path> directories() {
    std::vector<fs::path> directories = {"/usr/bin"};
    // pyenv's shims are scripts that start one of the versions.
    for (const std::string& directory : split(std::getenv("PATH")))
        if (!directory.ends_with("/shims")) directories.emplace_back(directory);
    std::ranges::copy(pyenv_directories(), std::back_inserter(directories));
    return directories;
}

std::vector<std::string> found_interpreters() {
    std::vector<std::string> found;
    std::set<fs::path> seen;
    for (const fs::path& directory : directories()) {
        for (int minor = kOldestMinor; minor <= kNewestMinor; ++minor) {
            const fs::path path = directory / ("python3." + std::to_string(minor));
            std::error_code error;
            if (::access(path.c_str(), X_OK) == 0 && seen.insert(fs::canonical(path, error)).second)
                found.push_back(path);
        }
    }
    return found;
}

}  // namespace

std::vector<std::string> interpreters() {
    const char* chosen = std::getenv("FLOWTAP_PYTHONS");
    std::vector<std::string> paths = chosen ? split(chosen) : found_interpreters();
    if (paths.empty()) paths.emplace_back();
    return paths;
}

std::string interpreter_test_name(const std::string& path) {
    std::string name = path.empty() ? "none" : path.substr(path.find_first_not_of('/'));
    std::ranges::replace_if(
        name, [](unsigned char letter) { return std::isalnum(letter) == 0; }, '_');
    return name;
}

}  // namespace flowtap::system_test
