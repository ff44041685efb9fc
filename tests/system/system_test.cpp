// SPDX-License-Identifier: Apache-2.0
#include "system_test.h"

#include <unistd.h>

#include "child.h"
#include "paths.h"

namespace flowtap::system_test {

std::string missing_capability() {
    if (::geteuid() != 0) return "root";
    Child check({kFlowtap, "check"});
    if (check.wait() == 0) return {};
    return check.errors();
}

void SystemTest::SetUp() {
    static const std::string missing = missing_capability();
    if (!missing.empty()) GTEST_SKIP() << "missing: " << missing;
}

}  // namespace flowtap::system_test
