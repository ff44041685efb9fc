// SPDX-License-Identifier: Apache-2.0
#include "settings/kernel_options.h"

#include <gtest/gtest.h>

namespace flowtap::kernel_options_test {
namespace {

TEST(KernelOptions, AreReadFromTheirTexts) {
    RunOptions options;
    EXPECT_TRUE(read_events_buffer(options, "64KiB"));
    EXPECT_TRUE(read_max_open_executions(options, "16"));
    EXPECT_EQ(kernel_sizes(options).ring_bytes, 65536U);
    EXPECT_EQ(kernel_sizes(options).open_executions, 16U);
    EXPECT_TRUE(read_events_buffer(options, "256MiB"));
    EXPECT_TRUE(read_max_open_executions(options, "1000000"));
    EXPECT_EQ(kernel_sizes(options).ring_bytes, 256U << 20);
    EXPECT_TRUE(read_events_buffer(options, "4096"));
    EXPECT_EQ(kernel_sizes(options).ring_bytes, 4096U);
}

TEST(KernelOptions, HaveTheDefaultsThatHelpNames) {
    EXPECT_EQ(kernel_sizes({}).ring_bytes, 8U << 20);
    EXPECT_EQ(kernel_sizes({}).open_executions, 65536U);
}

TEST(KernelOptions, WithAWrongTextAreErrorsAndChangeNothing) {
    RunOptions options;
    for (const char* text : {"", "0", "2048", "5000", "6MiB", "512MiB", "8MB", "8 MiB", "MiB", "-8MiB",
                             "4194305KiB", "99999999999MiB"})
        EXPECT_FALSE(read_events_buffer(options, text)) << text;
    for (const char* text : {"", "0", "15", "1000001", "64k", "-1", "99999999999"})
        EXPECT_FALSE(read_max_open_executions(options, text)) << text;
    EXPECT_EQ(options.events_buffer_bytes, RunOptions().events_buffer_bytes);
    EXPECT_EQ(options.max_open_executions, RunOptions().max_open_executions);
}

}  // namespace
}  // namespace flowtap::kernel_options_test
