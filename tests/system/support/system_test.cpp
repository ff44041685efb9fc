// SPDX-License-Identifier: Apache-2.0
#include "system_test.h"

#include "machine.h"

namespace flowtap::system_test {

void SystemTest::SetUp() {
    if (const std::string missing = missing_capability(); !missing.empty())
        GTEST_SKIP() << "missing: " << missing;
}

void SystemTest::skip_without_watches() {
    for (const char* mechanism : {"hardware_watch_access", "hardware_watch_write"}) {
        if (const std::string missing = missing_mechanism(mechanism); !missing.empty())
            GTEST_SKIP() << "missing: " << missing;
    }
}

}  // namespace flowtap::system_test
