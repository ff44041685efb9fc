// SPDX-License-Identifier: Apache-2.0
#include <elf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "compiled.h"
#include "elf/elf_file.h"
#include "sites/site.h"

namespace flowtap::hostile_file_test {
namespace {

using testing::HasSubstr;

class HostileFile : public Compiled {
protected:
    std::string with(const std::vector<char>& bytes) {
        std::string path = directory_.file("hostile");
        write_file(path, bytes);
        return path;
    }
    std::vector<char> healthy() {
        return contents_of(build(R"(
            namespace engine { int run(int x) { if (x > 3) throw x; return x; } }
            int (*table[])(int) = {engine::run};
            int main(int count, char**) { try { return table[0](count); } catch (int) { return 1; } }
        )",
                                 "cpp", "-O2 -fPIE -pie"));
    }
};

// Asks for everything: nothing to expect but that it ends.
void exercise(const std::string& path) {
    const auto file = ElfFile::open(path);
    if (!file) return;
    const auto function = file->find_function("engine::run");
    const uint64_t entry = function ? function->address : 0x1100;
    for (const uint64_t address : {entry, uint64_t{0}, UINT64_MAX - 3, uint64_t{0x4000}, uint64_t{0x1030}}) {
        (void)file->pointer_at(address);
        (void)file->call_target_name(address);
        (void)file->resolve_call(address);
        (void)file->landing_pads(address);
        (void)file->symbol_at(address);
        (void)file->load_bias(0x7f0000000000, address);
    }
    if (const auto code = FunctionCode::trace(*file, entry)) (void)return_sites(*code);
}

TEST_F(HostileFile, IsRefusedWithTheReason) {
    std::vector<char> x32 = healthy();
    x32[EI_CLASS] = ELFCLASS32;
    std::vector<char> big_endian = healthy();
    big_endian[EI_DATA] = ELFDATA2MSB;
    std::swap(big_endian[offsetof(Elf64_Ehdr, e_machine)], big_endian[offsetof(Elf64_Ehdr, e_machine) + 1]);
    const std::vector<std::pair<std::vector<char>, std::string>> cases{
        {{}, "not an ELF file, or its header is cut short"},
        {{'h', 'e', 'l', 'l', 'o'}, "not an ELF file, or its header is cut short"},
        {{'\x7f', 'E', 'L', 'F', 2, 1, 1}, "not an ELF file, or its header is cut short"},
        {x32, "a 32-bit file; only x86-64 is supported"},
        {big_endian, "big-endian; only x86-64 is supported"},
    };
    for (const auto& [bytes, cause] : cases) {
        const auto file = ElfFile::open(with(bytes));
        ASSERT_FALSE(file);
        EXPECT_EQ(file.error().message(), "read ELF file " + directory_.file("hostile") + ": " + cause);
        EXPECT_EQ(file.error().kind, Error::Kind::kNoTarget);
    }
    EXPECT_FALSE(ElfFile::open(directory_.file("absent")));
    EXPECT_FALSE(ElfFile::open("/"));
}

TEST_F(HostileFile, OfAnotherMachineIsNamed) {
    std::vector<char> bytes = healthy();
    bytes[offsetof(Elf64_Ehdr, e_machine)] = static_cast<char>(EM_AARCH64);
    const auto file = ElfFile::open(with(bytes));
    ASSERT_FALSE(file);
    EXPECT_THAT(file.error().cause, HasSubstr("arm64"));
    EXPECT_EQ(file.error().kind, Error::Kind::kNoTarget);
}

TEST_F(HostileFile, OfAnUnknownMachineIsNumbered) {
    std::vector<char> bytes = healthy();
    bytes[offsetof(Elf64_Ehdr, e_machine)] = static_cast<char>(0xf7);  // EM_BPF
    const auto file = ElfFile::open(with(bytes));
    ASSERT_FALSE(file);
    EXPECT_THAT(file.error().message(),
                HasSubstr("/hostile: made for machine number 247; only x86-64 is supported"));
}

TEST_F(HostileFile, CutShortAnywhereDoesNoHarm) {
    const std::vector<char> bytes = healthy();
    for (size_t length = 1; length < bytes.size(); length += 1 + bytes.size() / 97)
        exercise(with({bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(length)}));
    EXPECT_TRUE(ElfFile::open(with(bytes))) << "the whole of it is healthy";
}

TEST_F(HostileFile, CutShortAfterOpeningGivesShortReads) {
    const std::string path = with(healthy());
    const auto file = ElfFile::open(path);
    ASSERT_TRUE(file);
    const uint64_t address = file->find_function("engine::run")->address;
    std::array<std::byte, 4> code{};
    ASSERT_EQ(file->read(address, code), code.size());
    std::filesystem::resize_file(path, 100);
    EXPECT_EQ(file->read(address, code), 0u);
}

TEST_F(HostileFile, WithDamagedBytesDoesNoHarm) {
    const std::vector<char> bytes = healthy();
    std::mt19937 random(20260102);
    for (int round = 0; round < 300; ++round) {
        std::vector<char> damaged = bytes;
        // Headers are at both ends; half of the damage goes there, where it tells most.
        for (int i = 0; i < 8; ++i) {
            const size_t anywhere = random() % damaged.size();
            const size_t near_start = random() % 1024;
            const size_t near_end = damaged.size() - 1 - random() % 2048;
            damaged[i % 3 == 0 ? near_start : i % 3 == 1 ? near_end : anywhere] = static_cast<char>(random());
        }
        damaged[EI_CLASS] = ELFCLASS64;
        exercise(with(damaged));
    }
    EXPECT_TRUE(ElfFile::open(with(bytes)));
}

}  // namespace
}  // namespace flowtap::hostile_file_test
