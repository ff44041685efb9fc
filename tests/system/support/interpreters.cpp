// SPDX-License-Identifier: Apache-2.0
#include "interpreters.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "python/versions/supported.h"
#include "pythons/installed_pythons.h"

namespace flowtap::system_test {
namespace {

std::vector<std::string> found_pythons() {
    std::vector<std::string> paths = installed_pythons();
    std::erase_if(paths, [](const std::string& path) {
        const unsigned minor = python_minor(path);
        return minor < kOldestPythonMinor || minor > kNewestPythonMinor || path.ends_with('d');
    });
    return paths;
}

// One of the oldest version and one of the newest.
std::vector<std::string> ends_of(const std::vector<std::string>& paths) {
    if (paths.empty()) return {};
    const std::string& oldest = *std::ranges::min_element(paths, {}, python_minor);
    const std::string& newest = *std::ranges::max_element(paths, {}, python_minor);
    if (oldest == newest) return {oldest};
    return {oldest, newest};
}

std::vector<std::string> chosen_pythons() {
    const char* chosen = std::getenv("FLOWTAP_PYTHONS");
    if (chosen == nullptr) return ends_of(found_pythons());
    return std::string_view(chosen) == "all" ? found_pythons() : paths_in("FLOWTAP_PYTHONS");
}

}  // namespace

std::vector<std::string> interpreters() {
    std::vector<std::string> paths = chosen_pythons();
    if (paths.empty()) paths.emplace_back();
    return paths;
}

std::vector<std::string> other_interpreters() {
    if (std::getenv("FLOWTAP_PYTHONS") != nullptr) return {};
    std::vector<std::string> paths = found_pythons();
    for (const std::string& path : interpreters()) std::erase(paths, path);
    return paths;
}

std::string missing_interpreter() {
    return "an interpreter (" + supported_pythons() + ", or FLOWTAP_PYTHONS=PATH:PATH)";
}

}  // namespace flowtap::system_test
