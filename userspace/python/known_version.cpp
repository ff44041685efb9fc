// SPDX-License-Identifier: Apache-2.0
#include "python/known_version.h"

#include <string>

#include "python/versions/supported.h"

namespace flowtap {

namespace {

Error unknown_version(std::string cause, std::string remedy) {
    return {"watch", "Python", std::move(cause), std::move(remedy), Error::Kind::kNoTarget};
}

std::string minor_text(const PythonRelease& release) {
    return std::to_string(release.major) + "." + std::to_string(release.minor);
}

// Layouts may change until the first final release, and a build from between two releases has the later one's
// version.
Error unfinished(const PythonRelease& release) {
    return unknown_version("it runs CPython " + release.text() + ", a pre-release",
                           "run the program on CPython " + minor_text(release) + ".0 or later");
}

Error unknown(const PythonRelease& release) {
    const std::string cause = "it runs CPython " + release.text();
    if (release.major < 3 || (release.major == 3 && release.minor < kOldestPythonMinor))
        return unknown_version(cause, "flowtap supports " + supported_pythons());
    return unknown_version(cause + ", which is newer than this flowtap supports",
                           "use a flowtap that supports CPython " + minor_text(release) +
                               ", or run the program on " + supported_pythons());
}

}  // namespace

Result<const PythonVersion*> known_version(const PythonRelease& release) {
    const PythonVersion* version = release.major == 3 ? python_version(release.minor) : nullptr;
    if (version == nullptr) return unknown(release);
    if (!release.is_final()) return unfinished(release);
    return version;
}

}  // namespace flowtap
