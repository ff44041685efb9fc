// SPDX-License-Identifier: Apache-2.0
// Where an interpreter's file is in a process, told by the process's mappings.
#include <gmock/gmock.h>

#include <algorithm>

#include "live_python.h"
#include "process/process_facts.h"
#include "python/python_binary.h"

namespace flowtap::python_binary_live_test {
namespace {

constexpr const char* kWaits = R"PY(
import sys
print("ready", flush=True)
sys.stdin.readline()
)PY";

class PythonBinaryLive : public LivePythonTest {
protected:
    void SetUp() override {
        LivePythonTest::SetUp();
        ASSERT_NO_FATAL_FAILURE(start(kWaits));
        const auto facts = read_process_facts(python().pid());
        ASSERT_TRUE(facts) << facts.error().message();
        facts_ = *facts;
        const auto found = find_python_binary(facts_, files_);
        ASSERT_TRUE(found && *found);
        bias_ = (*found)->load_bias;
        const std::uint64_t start = bias_ + (*found)->elf->executable_ranges().front().start;
        const auto code = std::ranges::find_if(facts_.mappings, [&](const Mapping& mapping) {
            return mapping.executable && mapping.start <= start && start < mapping.end;
        });
        ASSERT_NE(code, facts_.mappings.end());
        code_ = static_cast<std::size_t>(code - facts_.mappings.begin());
    }
    void expect_copied() {
        const auto found = find_python_binary(facts_, files_);
        ASSERT_FALSE(found);
        EXPECT_THAT(found.error().message(),
                    testing::HasSubstr(
                        "it runs a copy of its interpreter's code in other memory (large pages, a restored "
                        "checkpoint), which no probe reaches"));
        EXPECT_EQ(found.error().kind, Error::Kind::kNoTarget);
    }

    ElfFiles files_;
    ProcessFacts facts_;
    std::size_t code_ = 0;  // the mapping of the interpreter's code
    std::uint64_t bias_ = 0;
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(PythonBinaryLive);
INSTANTIATE_TEST_SUITE_P(Found, PythonBinaryLive, testing::ValuesIn(find_pythons(true)), python_test_name);

TEST_P(PythonBinaryLive, IsWhereMostOfItsMappingsSay) {
    Mapping page = facts_.mappings[code_];
    page.start -= 0x10000000;
    page.end = page.start + 0x1000;
    facts_.mappings.insert(facts_.mappings.begin(), page);
    const auto found = find_python_binary(facts_, files_);
    ASSERT_TRUE(found && *found);
    EXPECT_EQ((*found)->load_bias, bias_);
}

TEST_P(PythonBinaryLive, IsRefusedWhereOtherMemoryIsInPlaceOfItsCode) {
    facts_.mappings.erase(facts_.mappings.begin() + static_cast<std::ptrdiff_t>(code_));
    expect_copied();
}

TEST_P(PythonBinaryLive, IsRefusedWhereThatIsSoOfAPart) {
    const Mapping whole = facts_.mappings[code_];
    const std::uint64_t middle = whole.start + (whole.end - whole.start) / 2;
    facts_.mappings[code_].end = middle;
    facts_.mappings.insert(facts_.mappings.begin() + static_cast<std::ptrdiff_t>(code_) + 1, whole);
    facts_.mappings[code_ + 1].start = middle + 0x1000;
    facts_.mappings[code_ + 1].offset += middle + 0x1000 - whole.start;
    expect_copied();
}

TEST_P(PythonBinaryLive, IsRefusedWhereItsMappingsAreOfNoPartOfItsFile) {
    const std::string path = facts_.mappings[code_].path;
    for (Mapping& mapping : facts_.mappings)
        if (mapping.path == path) mapping.offset += std::uint64_t{1} << 40;
    const auto found = find_python_binary(facts_, files_);
    ASSERT_FALSE(found);
    EXPECT_THAT(found.error().message(),
                testing::StartsWith(
                    "watch Python in process " + std::to_string(facts_.pid) +
                    ": its interpreter is not mapped into memory as the file describes (flowtap supports "
                    "CPython 3.11 to "));
}

}  // namespace
}  // namespace flowtap::python_binary_live_test
