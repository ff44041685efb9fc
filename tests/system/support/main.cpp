// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <iostream>

#include "interpreters.h"

namespace {

// Prints, at the start, which interpreters the run covers.
class ListInterpreters : public testing::Environment {
public:
    void SetUp() override {
        for (const std::string& path : flowtap::system_test::interpreters())
            std::cout << "interpreter: " << (path.empty() ? "none found" : path) << "\n";
        for (const std::string& path : flowtap::system_test::other_interpreters())
            std::cout << "interpreter, for few cases: " << path << "\n";
    }
};

}  // namespace

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    testing::AddGlobalTestEnvironment(new ListInterpreters);
    return RUN_ALL_TESTS();
}
