// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <string>

namespace flowtap::system_test {

// Real processes and real probes; skipped, with the reason, where those cannot be had.
class SystemTest : public testing::Test {
protected:
    void SetUp() override;
    // For cases whose functions are only seen by hardware watches.
    static void skip_without_watches();
};

}  // namespace flowtap::system_test
