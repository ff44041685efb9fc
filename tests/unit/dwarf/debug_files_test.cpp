// SPDX-License-Identifier: Apache-2.0
// Debug information apart from the binary: below a debug root by build ID, and in part in a file that dwz
// made.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dwarf/debug_info.h"
#include "elf/elf_file.h"
#include "elf/symbols/debug_file.h"
#include "tests/unit/elf/compiled.h"

namespace flowtap::debug_files_test {
namespace {

using testing::HasSubstr;

constexpr const char* kId = "0xabcdef0123456789";
constexpr const char* kPlace = "/usr/lib/debug/.build-id/ab/cdef0123456789.debug";

class DebugFiles : public Compiled {
protected:
    void SetUp() override {
        Compiled::SetUp();
        if (IsSkipped()) return;
        if (std::system("objcopy --version >/dev/null 2>&1 && strip --version >/dev/null 2>&1") != 0)
            GTEST_SKIP() << "missing: objcopy, strip";
        root_ = directory_.file("root");
        place_ = root_ + kPlace;
        std::filesystem::create_directories(std::filesystem::path(place_).parent_path());
    }

    static void run(const std::string& command) { ASSERT_EQ(std::system(command.c_str()), 0) << command; }
    static Fd opened(const std::string& path) { return Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC)); }
    [[nodiscard]] DebugSearch search() const { return {{root_}, "/opt/engine"}; }

    std::string root_;
    std::string place_;
};

constexpr const char* kEngine = R"(
    volatile int sink;
    __attribute__((noinline)) static int hidden(int number) { sink = number; return number; }
    int main(int count, char** arguments) { (void)arguments; return hidden(count); }
)";

TEST_F(DebugFiles, AreFoundByBuildIdBelowADebugRoot) {
    const std::string program = build(kEngine, "c", std::string("-O1 -g -Wl,--build-id=") + kId);
    run("objcopy --only-keep-debug " + program + " " + place_ + " && strip --strip-all " + program);
    EXPECT_FALSE(ElfFile::open(program)->find_function("hidden"));
    const auto elf = ElfFile::open(program, search());
    ASSERT_TRUE(elf) << elf.error().message();
    const auto hidden = elf->find_function("hidden");
    ASSERT_TRUE(hidden) << hidden.error().message();
    std::optional<DebugFile> file = elf->debug_file();
    ASSERT_TRUE(file);
    EXPECT_EQ(file->path, place_);
    const auto debug = DebugInfo::read(std::move(file->fd), file->path);
    ASSERT_TRUE(debug) << debug.error().message();
    EXPECT_TRUE(debug->find_value(hidden->address, "number", {}));
}

TEST_F(DebugFiles, OfAnotherBuildAreNotTaken) {
    const std::string other = build(kEngine, "c", "-O1 -g -Wl,--build-id=0xabcdef0123456780");
    run("objcopy --only-keep-debug " + other + " " + place_);
    const std::string program = build(kEngine, "c", std::string("-O1 -s -Wl,--build-id=") + kId);
    const auto elf = ElfFile::open(program, search());
    ASSERT_TRUE(elf) << elf.error().message();
    EXPECT_FALSE(elf->debug_file());
    EXPECT_THAT(elf->symbol_sources(),
                testing::StartsWith(std::string(".symtab and .dynsym; no debug file at ") + kPlace));
}

TEST_F(DebugFiles, AreNotSoughtThroughALinkOutOfTheRoot) {
    const std::string program = build(kEngine, "c", std::string("-O1 -g -Wl,--build-id=") + kId);
    const std::string outside = directory_.file("outside.debug");
    run("objcopy --only-keep-debug " + program + " " + outside + " && strip --strip-all " + program);
    std::filesystem::create_symlink(outside, place_);
    EXPECT_FALSE(ElfFile::open(program, search())->debug_file());
}

// What dwz leaves: the type of the parameter is in the other file, at the offset given (DW_FORM_GNU_ref_alt).
class SupplementaryFile : public DebugFiles {
protected:
    // A unit that begins with a number type of 8 bytes, at offset 12.
    void build_alternate(const std::string& build_id) {
        const std::string file = build(R"(
            .section .debug_abbrev,"",@progbits
            .uleb128 1, 0x3c
            .byte 1, 0, 0
            .uleb128 2, 0x24
            .byte 0
            .uleb128 0x0b, 0x0b, 0x3e, 0x0b, 0x03, 8, 0, 0
            .byte 0
            .section .debug_info,"",@progbits
            .long .Lend - .Lstart
            .Lstart:
            .short 4
            .long 0
            .byte 8
            .uleb128 1
            .uleb128 2
            .byte 8, 7
            .asciz "number"
            .byte 0
            .Lend:
            .section .note.GNU-stack
        )",
                                       "s", "-shared -nostdlib -Wl,--build-id=" + build_id);
        std::filesystem::copy_file(file, place_);
    }

    std::string build_program(unsigned offset_of_type) {
        return build(R"(
            .text
            .globl run
            .type run, @function
            run: push %rbx
            pop %rbx
            ret
            .Lend:
            .globl main
            main: ret
            .section .gnu_debugaltlink,"",@progbits
            .asciz "/nowhere/common.debug"
            .byte 0xab, 0xcd, 0xef, 0x01, 0x23, 0x45, 0x67, 0x89
            .section .debug_abbrev,"",@progbits
            .uleb128 1, 0x11
            .byte 1
            .uleb128 0x11, 1, 0x12, 7, 0, 0
            .uleb128 2, 0x2e
            .byte 1
            .uleb128 0x3f, 0x19, 0x03, 8, 0x11, 1, 0x12, 7, 0, 0
            .uleb128 3, 5
            .byte 0
            .uleb128 0x03, 8, 0x49, 0x1f20, 0, 0
            .byte 0
            .section .debug_info,"",@progbits
            .long .Lunit_end - .Lunit
            .Lunit:
            .short 4
            .long 0
            .byte 8
            .uleb128 1
            .quad run, .Lend - run
            .uleb128 2
            .asciz "run"
            .quad run, .Lend - run
            .uleb128 3
            .asciz "x"
            .long )" + std::to_string(offset_of_type) +
                         R"(
            .byte 0, 0
            .Lunit_end:
            .section .note.GNU-stack
        )",
                     "s", "-no-pie");
    }

    Result<DebugValue> find(const std::string& program) {
        const Fd file = opened(program);
        std::optional<DebugFile> alternate = find_alternate_file(file, search());
        const auto debug =
            DebugInfo::read(opened(program), program, alternate ? std::move(alternate->fd) : Fd());
        if (!debug) return debug.error();
        return debug->find_value(ElfFile::open(program)->find_symbol("run")->address, "x", {});
    }
};

TEST_F(SupplementaryFile, HoldsWhatSeveralFilesShare) {
    build_alternate(kId);
    const auto value = find(build_program(12));
    ASSERT_TRUE(value) << value.error().message();
    EXPECT_EQ(value->size, 8u);
    EXPECT_EQ(value->type_name, "number");
}

TEST_F(SupplementaryFile, ThatIsMissingOrAnothersIsSaid) {
    const std::string program = build_program(12);
    const auto missing = find(program);
    ASSERT_FALSE(missing);
    EXPECT_THAT(missing.error().message(),
                HasSubstr("parts of it are in a file made by dwz, which was not found"));
    build_alternate("0xabcdef0123456780");
    EXPECT_FALSE(find(program));
}

TEST_F(SupplementaryFile, IsNoMoreTrustedThanTheFirst) {
    build_alternate(kId);
    for (const unsigned offset : {0u, 1u, 11u, 13u, 0x7fffffffu, 0xffffffffu})
        EXPECT_FALSE(find(build_program(offset))) << offset;
}

}  // namespace
}  // namespace flowtap::debug_files_test
