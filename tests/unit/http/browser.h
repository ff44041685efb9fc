// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "tests/unit/http/temporary_files.h"

namespace flowtap::test {

// Debian's name of it.
inline bool has_browser() { return std::system("command -v chromium >/dev/null 2>&1") == 0; }

// The page as the browser has it after `seconds` of its own time, which passes as fast as it has nothing to
// do; empty where it could not show it.
inline std::string shown_in_browser(const std::string& url, int seconds) {
    const TemporaryFiles profile;
    const std::string command = "timeout 60 chromium --headless --no-sandbox --disable-gpu --user-data-dir=" +
                                profile.directory().string() +
                                " --virtual-time-budget=" + std::to_string(seconds * 1000) + " --dump-dom '" +
                                url + "' 2>/dev/null";
    FILE* pipe = ::popen(command.c_str(), "r");
    if (pipe == nullptr) return {};
    std::string page;
    std::array<char, 4096> buffer{};
    for (std::size_t count = 0; (count = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
        page.append(buffer.data(), count);
    }
    ::pclose(pipe);
    return page;
}

inline std::string page_in_browser(std::uint16_t port, int seconds) {
    return shown_in_browser("http://127.0.0.1:" + std::to_string(port) + "/", seconds);
}

}  // namespace flowtap::test
