// SPDX-License-Identifier: Apache-2.0
#include "process/metered_memory.h"

#include <gtest/gtest.h>

#include "fake_memory.h"

namespace flowtap::metered_memory_test {
namespace {

class Metered : public testing::Test {
protected:
    Metered() { memory_.map(0x1000, 0x1000); }

    FakeMemory memory_;
};

TEST_F(Metered, ReadsWhatTheOtherDoes) {
    memory_.put(0x1008, std::uint32_t{7});
    const MeteredMemory metered(memory_);
    EXPECT_EQ(metered.read<std::uint32_t>(0x1008), 7U);
    EXPECT_FALSE(metered.read<std::uint32_t>(0x9000));
    EXPECT_EQ(metered.exceeded(), "");
}

TEST_F(Metered, FailsFromTheReadOnThatIsOneTooMany) {
    const MeteredMemory metered(memory_, {.reads = 3});
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(metered.read<std::uint8_t>(0x1000));
    EXPECT_EQ(metered.exceeded(), "");
    EXPECT_FALSE(metered.read<std::uint8_t>(0x1000));
    EXPECT_FALSE(metered.read<std::uint8_t>(0x1000));
    EXPECT_EQ(metered.exceeded(), "more than 3 reads");
}

TEST_F(Metered, CountsTheBytes) {
    memory_.map(0x100000, 2 << 20);
    const MeteredMemory metered(memory_, {.bytes = 1 << 20});
    std::vector<std::byte> most((1 << 20) - 1);
    EXPECT_TRUE(metered.read(0x100000, most));
    EXPECT_TRUE(metered.read<std::uint8_t>(0x1000));
    EXPECT_FALSE(metered.read<std::uint8_t>(0x1000));
    EXPECT_EQ(metered.exceeded(), "more than 1 MiB");
}

TEST_F(Metered, CountsTheTimeOfItsThread) {
    const MeteredMemory metered(memory_, {.cpu_ns = 1});
    int reads = 0;
    while (metered.read<std::uint8_t>(0x1000)) ASSERT_LT(++reads, 1000);
    EXPECT_EQ(metered.exceeded(), "more than 0 ms of CPU time");
}

TEST_F(Metered, LeavesOutWhatItsClockLeavesOut) {
    std::uint64_t now_ns = 7;
    const MeteredMemory metered(memory_, {.cpu_ns = 10}, [&] { return now_ns; });
    const auto read_often = [&] {
        for (int i = 0; i < 1000 && metered.exceeded().empty(); ++i)
            static_cast<void>(metered.read<std::uint8_t>(0x1000));
    };
    now_ns = 17;
    read_often();
    EXPECT_EQ(metered.exceeded(), "");
    now_ns = 18;
    read_often();
    EXPECT_EQ(metered.exceeded(), "more than 0 ms of CPU time");
}

}  // namespace
}  // namespace flowtap::metered_memory_test
