// SPDX-License-Identifier: Apache-2.0
#include "interpreters.h"

#include <cstdlib>

#include "python/versions/supported.h"
#include "pythons/installed_pythons.h"

namespace flowtap::system_test {
namespace {

std::vector<std::string> programs_of_supported_versions() {
    std::vector<std::string> paths = installed_pythons();
    std::erase_if(paths, [](const std::string& path) {
        const unsigned minor = python_minor(path);
        return minor < kOldestPythonMinor || minor > kNewestPythonMinor || path.ends_with('d');
    });
    return paths;
}

}  // namespace

std::vector<std::string> interpreters() {
    const bool chosen = std::getenv("FLOWTAP_PYTHONS") != nullptr;
    std::vector<std::string> paths = chosen ? paths_in("FLOWTAP_PYTHONS") : programs_of_supported_versions();
    if (paths.empty()) paths.emplace_back();
    return paths;
}

std::string missing_interpreter() {
    return "an interpreter (" + supported_pythons() + ", or FLOWTAP_PYTHONS=PATH:PATH)";
}

}  // namespace flowtap::system_test
