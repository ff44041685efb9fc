// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <string>

namespace flowtap::system_test {

// What this machine or user lacks to attach probes; empty when nothing.
std::string missing_capability();

// Real processes and real probes; skipped, with the reason, where those cannot be had.
class SystemTest : public testing::Test {
protected:
    void SetUp() override;
};

}  // namespace flowtap::system_test
