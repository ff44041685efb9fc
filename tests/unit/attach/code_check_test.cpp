// SPDX-License-Identifier: Apache-2.0
// Memory that is as it was analysed, and memory that is not.
#include "attach/code_check.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

namespace flowtap::code_check_test {
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
    CodeInMemory() { probe_at(kAt); }

    static std::vector<std::byte> some_code() {
        std::vector<std::byte> bytes(4096);
        for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = std::byte(i * 7 % 199);
        const std::array<std::uint8_t, 5> nop{0x0f, 0x1f, 0x44, 0x00, 0x00};
        std::memcpy(bytes.data() + kAt + 8, nop.data(), nop.size());
        return bytes;
    }
    void probe_at(std::uint64_t at) {
        PlannedProbe probe;
        probe.name = "node:entry";
        probe.file_offset = at;
        probe.address = kStart + at;
        const std::uint64_t begin = at - std::min<std::uint64_t>(at, AnalysedCode::kAround);
        const std::uint64_t end = std::min<std::uint64_t>(at + AnalysedCode::kAround, bytes_.size());
        probe.code.before = at - begin;
        probe.code.size = end - begin;
        std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(begin), end - begin,
                    probe.code.bytes.begin());
        plan_.probes = {probe};
    }
    [[nodiscard]] bool fits() const { return static_cast<bool>(check_code(plan_, memory_)); }

    std::vector<std::byte> bytes_ = some_code();
    OnePage memory_{bytes_};
    Plan plan_;
};

TEST_F(CodeInMemory, MatchesTheAnalysedFile) { EXPECT_TRUE(fits()); }

TEST_F(CodeInMemory, MatchesApartFromProbes) {
    memory_.set(kAt, 0xcc);
    memory_.set(kAt + 3, 0xcc);
    EXPECT_TRUE(fits()) << "breakpoints";
    for (std::uint64_t i = 0; i < 5; ++i) memory_.set(kAt + 8 + i, i == 0 ? 0xe8 : 0x12);
    EXPECT_TRUE(fits()) << "a call in place of a nop";
}

TEST_F(CodeInMemory, DiffersFromTheAnalysedFile) {
    for (const std::uint64_t at : {kAt - 20, kAt, kAt + 1, kAt + 30}) {
        OnePage memory(bytes_);
        memory.set(at, 0xe8);
        const Result<void> done = check_code(plan_, memory);
        ASSERT_FALSE(done) << at;
        EXPECT_NE(done.error().message().find("its code there differs from the analysed file"),
                  std::string::npos);
        EXPECT_EQ(done.error().remedy, "restart the process if this does not go away");
    }
}

TEST_F(CodeInMemory, IsNotComparedFarFromTheProbe) {
    memory_.set(kAt + 200, 0xe8);
    EXPECT_TRUE(fits());
}

TEST_F(CodeInMemory, MatchesAtPageBoundaries) {
    for (const std::uint64_t at : {std::uint64_t{0}, std::uint64_t{4095}}) {
        probe_at(at);
        EXPECT_TRUE(fits()) << at;
        OnePage other(bytes_);
        other.set(at, 0xe8);
        EXPECT_FALSE(check_code(plan_, other)) << at;
    }
}

TEST_F(CodeInMemory, DiffersWhereItCannotBeRead) {
    plan_.probes[0].address += 1 << 20;
    const Result<void> done = check_code(plan_, memory_);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind, Error::Kind::kNoTarget);
    EXPECT_EQ(done.error().cause,
              "its memory cannot be read there: it ended, or unloaded what was mapped there");
}

TEST_F(CodeInMemory, DiffersWhereTheFileCouldNotBeRead) {
    for (const std::size_t size : {std::size_t{0}, plan_.probes[0].code.before}) {
        plan_.probes[0].code.size = size;
        const Result<void> done = check_code(plan_, memory_);
        ASSERT_FALSE(done) << size;
        EXPECT_EQ(done.error().cause, "its instruction could not be read in " + plan_.probes[0].file);
    }
}

}  // namespace
}  // namespace flowtap::code_check_test
