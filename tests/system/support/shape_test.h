// SPDX-License-Identifier: Apache-2.0
// Tests of a program in tests/NAME that has several shapes, each on several interpreters.
#pragma once

#include <string>
#include <tuple>

#include "interpreters.h"
#include "pythons/installed_pythons.h"
#include "system_test.h"

namespace flowtap::system_test {

// An interpreter, empty where there is none, and what the program is told to be.
using ShapeCase = std::tuple<std::string, const char*>;

class ShapeTest : public SystemTest, public testing::WithParamInterface<ShapeCase> {
protected:
    void SetUp() override {
        SystemTest::SetUp();
        if (!IsSkipped() && interpreter().empty()) GTEST_SKIP() << "missing: " << missing_interpreter();
    }

    static const std::string& interpreter() { return std::get<0>(GetParam()); }
    static std::string shape() { return std::get<1>(GetParam()); }
};

inline std::string name_of_shape(const testing::TestParamInfo<ShapeCase>& info) {
    return std::string(std::get<1>(info.param)) + "_" + path_as_test_name(std::get<0>(info.param));
}

}  // namespace flowtap::system_test
