// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdlib>
#include <thread>

namespace flowtap::system_test {

// The longest wait for something that must happen. It only ends hangs; it is no limit on performance.
// FLOWTAP_PATIENCE_SECONDS raises it, for emulated machines.
inline const std::chrono::seconds kPatience{[] {
    const char* seconds = std::getenv("FLOWTAP_PATIENCE_SECONDS");
    return seconds ? std::atoi(seconds) : 60;
}()};

// Polls the predicate until it holds; false where it does not in time.
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
