// SPDX-License-Identifier: Apache-2.0
#include "pythons/installed_pythons.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <set>
#include <sstream>
#include <string_view>

namespace flowtap {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kNewestMinor = 20;

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
    for (const std::string& directory : paths_in("PATH"))
        if (!directory.ends_with("/shims")) directories.emplace_back(directory);
    std::ranges::copy(pyenv_directories(), std::back_inserter(directories));
    return directories;
}

std::vector<std::string> find_pythons() {
    std::vector<std::string> found;
    std::set<fs::path> seen;
    const auto add = [&](const fs::path& path) {
        std::error_code error;
        if (::access(path.c_str(), X_OK) == 0 && seen.insert(fs::canonical(path, error)).second)
            found.push_back(path);
    };
    for (const fs::path& directory : directories()) {
        for (unsigned minor = 0; minor <= kNewestMinor; ++minor) {
            add(directory / ("python3." + std::to_string(minor)));
            add(directory / ("python3." + std::to_string(minor) + "d"));
        }
    }
    return found;
}

}  // namespace

// A test program asks once for each of its suites, and a process that runs one case would search 80 times.
const std::vector<std::string>& installed_pythons() {
    static const std::vector<std::string> found = find_pythons();
    return found;
}

unsigned python_minor(const std::string& path) {
    constexpr std::string_view kName = "python3.";
    const std::string name = fs::path(path).filename();
    unsigned minor = 0;
    if (name.starts_with(kName))
        std::from_chars(name.data() + kName.size(), name.data() + name.size(), minor);
    return minor;
}

std::vector<std::string> paths_in(const char* variable) {
    const char* list = std::getenv(variable);
    std::vector<std::string> paths;
    std::istringstream in(list ? list : "");
    for (std::string path; std::getline(in, path, ':');)
        if (!path.empty()) paths.push_back(path);
    return paths;
}

std::string path_as_test_name(const std::string& path) {
    std::string name = path.empty() ? "none" : path.substr(path.find_first_not_of('/'));
    std::ranges::replace_if(
        name, [](unsigned char letter) { return std::isalnum(letter) == 0; }, '_');
    return name;
}

}  // namespace flowtap
