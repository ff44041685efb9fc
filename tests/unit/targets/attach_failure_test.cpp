// SPDX-License-Identifier: Apache-2.0
#include "targets/attach_failure.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "attach/kernel/table_limits.h"

namespace flowtap::attach_failure_test {
namespace {

Error error_of(Error::Kind kind, const std::string& cause = "no") { return {"do", "it", cause, "", kind}; }

TEST(AttachFailures, OfTheKernelAreToldApart) {
    EXPECT_EQ(attach_failure(error_of(Error::Kind::kFailed)), AttachFailure::kKernel);
    const auto codes = Kernel::Table::kCodes;
    EXPECT_EQ(attach_failure(table_error(codes, 1, E2BIG)), AttachFailure::kTableFull);
    EXPECT_EQ(attach_failure(table_error(codes, 1, ENOMEM)), AttachFailure::kKernel);
    EXPECT_EQ(attach_failure(share_used_up(codes, 1)), AttachFailure::kLimit);
    EXPECT_EQ(attach_failure(too_many_targets(1, 1023)), AttachFailure::kLimit);
    EXPECT_EQ(attach_failure(too_many_sites("python:call", 32767)), AttachFailure::kLimit);
    EXPECT_EQ(attach_failure(error_of(Error::Kind::kEnvironment)), AttachFailure::kPermission);
    EXPECT_EQ(attach_failure(error_of(Error::Kind::kNoTarget)), AttachFailure::kProcessGone);
}

TEST(AttachFailures, OfThePlanAreToldApart) {
    EXPECT_EQ(plan_failure(error_of(Error::Kind::kFailed), false), AttachFailure::kOther);
    EXPECT_EQ(plan_failure(error_of(Error::Kind::kFailed), true), AttachFailure::kLimit);
    EXPECT_EQ(plan_failure(error_of(Error::Kind::kEnvironment), false), AttachFailure::kPermission);
    EXPECT_EQ(plan_failure(error_of(Error::Kind::kUsage), false), AttachFailure::kNoSite);
    EXPECT_EQ(plan_failure(error_of(Error::Kind::kNoTarget), false), AttachFailure::kNoProfile);
}

}  // namespace
}  // namespace flowtap::attach_failure_test
