// SPDX-License-Identifier: Apache-2.0
#include "cli/uncaught_error.h"

#include <gtest/gtest.h>

#include <new>
#include <stdexcept>

namespace flowtap::uncaught_error_test {
namespace {

TEST(UncaughtError, SaysThatMemoryRanOutAndWhatToDo) {
    EXPECT_EQ(uncaught_error("trace", std::bad_alloc()).message(),
              "run trace: not enough memory (allow more memory (MemoryMax= in a systemd unit, limits.memory "
              "in a pod), or less of it by --events-buffer and --max-open-executions)");
}

TEST(UncaughtError, AsksForAReportOfAnythingElse) {
    EXPECT_EQ(uncaught_error("plan", std::out_of_range("at")).message(),
              "run plan: at (this is a mistake in flowtap: please report it)");
}

}  // namespace
}  // namespace flowtap::uncaught_error_test
