// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdlib>
#include <thread>

namespace flowtap::system_test {

// How long anything may take that must happen at all. Never a measure: only a hang ends here. An emulated
// machine is given more by FLOWTAP_PATIENCE_SECONDS.
inline const std::chrono::seconds kPatience{[] {
    const char* seconds = std::getenv("FLOWTAP_PATIENCE_SECONDS");
    return seconds ? std::atoi(seconds) : 60;
}()};

// Asks again and again until it is so; false when it never was.
template <typename Predicate>
bool eventually(Predicate predicate, std::chrono::milliseconds patience = kPatience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!predicate()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
}

}  // namespace flowtap::system_test
