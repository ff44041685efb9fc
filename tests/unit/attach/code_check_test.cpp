// SPDX-License-Identifier: Apache-2.0
// Memory that is as the file says, and memory that is not.
#include "attach/code_check.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <vector>

namespace flowtap {
namespace {

constexpr std::uint64_t kStart = 0x7f00'0000'0000;
constexpr std::uint64_t kAt = 100;  // of the probe, in the file

class OnePage : public Memory {
public:
    explicit OnePage(std::vector<std::byte> bytes) : bytes_(std::move(bytes)) {}
    void set(std::uint64_t at, std::uint8_t value) { bytes_.at(at) = std::byte{value}; }

private:
    [[nodiscard]] bool copy(std::uint64_t address, std::span<std::byte> out) const override {
        if (address < kStart || address - kStart + out.size() > bytes_.size()) return false;
        std::memcpy(out.data(), bytes_.data() + (address - kStart), out.size());
        return true;
    }

    std::vector<std::byte> bytes_;
};

class CodeInMemory : public testing::Test {
protected:
    void SetUp() override {
        std::string name = std::filesystem::temp_directory_path() / "flowtap-code-XXXXXX";
        const int file = ::mkstemp(name.data());
        ASSERT_GE(file, 0);
        ASSERT_EQ(::write(file, bytes_.data(), bytes_.size()), static_cast<ssize_t>(bytes_.size()));
        ::close(file);
        PlannedProbe probe;
        probe.name = "node:entry";
        probe.file = name;
        probe.file_offset = kAt;
        probe.address = kStart + kAt;
        plan_.probes = {probe};
    }
    void TearDown() override { std::filesystem::remove(plan_.probes.at(0).file); }

    static std::vector<std::byte> some_code() {
        std::vector<std::byte> bytes(4096);
        for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = std::byte(i * 7 % 199);
        const std::array<std::uint8_t, 5> nop{0x0f, 0x1f, 0x44, 0x00, 0x00};
        std::memcpy(bytes.data() + kAt + 8, nop.data(), nop.size());
        return bytes;
    }
    [[nodiscard]] bool fits() const { return static_cast<bool>(check_code(plan_, memory_)); }

    std::vector<std::byte> bytes_ = some_code();
    OnePage memory_{bytes_};
    Plan plan_;
};

TEST_F(CodeInMemory, FitsWhereItIsTheFiles) { EXPECT_TRUE(fits()); }

TEST_F(CodeInMemory, FitsButForProbes) {
    memory_.set(kAt, 0xcc);
    memory_.set(kAt + 3, 0xcc);
    EXPECT_TRUE(fits()) << "breakpoints";
    for (std::uint64_t i = 0; i < 5; ++i) memory_.set(kAt + 8 + i, i == 0 ? 0xe8 : 0x12);
    EXPECT_TRUE(fits()) << "a call in place of a nop";
}

TEST_F(CodeInMemory, DoesNotFitWhereItIsOther) {
    for (const std::uint64_t at : {kAt - 20, kAt, kAt + 1, kAt + 30}) {
        OnePage memory(bytes_);
        memory.set(at, 0xe8);
        const Result<void> done = check_code(plan_, memory);
        ASSERT_FALSE(done) << at;
        EXPECT_NE(done.error().message().find("overwritten while it was mapped"), std::string::npos);
    }
}

TEST_F(CodeInMemory, NeedNotFitFarAway) {
    memory_.set(kAt + 200, 0xe8);
    EXPECT_TRUE(fits());
}

TEST_F(CodeInMemory, FitsAtThePagesEnds) {
    for (const std::uint64_t at : {std::uint64_t{0}, std::uint64_t{4095}}) {
        plan_.probes[0].file_offset = at;
        plan_.probes[0].address = kStart + at;
        EXPECT_TRUE(fits()) << at;
        OnePage other(bytes_);
        other.set(at, 0xe8);
        EXPECT_FALSE(check_code(plan_, other)) << at;
    }
}

}  // namespace
}  // namespace flowtap
