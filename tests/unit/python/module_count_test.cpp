// SPDX-License-Identifier: Apache-2.0
#include "python/module_count.h"

#include <gtest/gtest.h>

#include "tests/unit/process/fake_memory.h"

namespace flowtap::module_count_test {
namespace {

constexpr std::uint64_t kListType = 0x1000;
constexpr std::uint64_t kMain = 0x2000;
constexpr std::uint64_t kOtherType = 0x3000;
constexpr std::uint64_t kMainDict = 0x4000;
constexpr std::uint64_t kOtherDict = 0x5000;
constexpr std::uint64_t kNext = 8;
constexpr std::uint64_t kTable = 16;
constexpr std::uint64_t kUsed = 24;

class ModuleCounts : public testing::Test {
protected:
    ModuleCounts() {
        for (const std::uint64_t address : {kListType, kMain, kOtherType, kMainDict, kOtherDict})
            memory.map(address, 32);
        put(kListType, kMain);
        put(kListType + 8, kMain);
        put(kListType + 16, 1);
        put(kMain + kTable, kMainDict);
        put(kMainDict + kUsed, 100);
        put(kOtherType + kTable, kOtherDict);
        put(kOtherDict + kUsed, 50);
    }
    void put(std::uint64_t address, std::uint64_t value) { memory.put(address, value); }
    void begin_other() {
        put(kListType, kOtherType);
        put(kOtherType + kNext, kMain);
        put(kListType + 16, 2);
    }
    [[nodiscard]] std::optional<std::uint64_t> read() const { return modules.read(memory); }

    FakeMemory memory;
    ModuleCount modules{kListType, kNext, kTable, kUsed};
};

TEST_F(ModuleCounts, ChangeWithEachImport) {
    const auto before = read();
    ASSERT_TRUE(before);
    EXPECT_EQ(read(), before);
    put(kMainDict + kUsed, 101);
    EXPECT_NE(read(), before);
}

TEST_F(ModuleCounts, ChangeWhenAnInterpreterBeginsAndWhenItEnds) {
    const auto alone = read();
    begin_other();
    const auto both = read();
    EXPECT_NE(both, alone);
    put(kOtherDict + kUsed, 51);
    EXPECT_NE(read(), both);
    put(kListType, kMain);
    EXPECT_NE(read(), both);
    EXPECT_NE(read(), alone) << "one has come and gone";
}

TEST_F(ModuleCounts, ChangeWhereOneGainsWhatAnotherLoses) {
    begin_other();
    const auto before = read();
    put(kMainDict + kUsed, 101);
    put(kOtherDict + kUsed, 49);
    EXPECT_NE(read(), before);
}

TEST_F(ModuleCounts, AreThereWhileAnInterpreterThatEndsCannotBeRead) {
    begin_other();
    put(kOtherType + kTable, 0xdead0000);
    EXPECT_TRUE(read());
    put(kOtherType + kNext, 0xdead0000);
    EXPECT_TRUE(read());
    put(kOtherType + kNext, kOtherType);
    EXPECT_TRUE(read()) << "a list without end";
}

TEST_F(ModuleCounts, AreNotThereWhereTheMainInterpreterIsNot) {
    put(kMain + kTable, 0xdead0000);
    EXPECT_FALSE(read());
    modules.interpreters = 0xdead0000;
    EXPECT_FALSE(read());
}

}  // namespace
}  // namespace flowtap::module_count_test
