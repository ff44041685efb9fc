// SPDX-License-Identifier: Apache-2.0
// Debug information is a target's word: damaged or malicious, it may lead nowhere, but not to a crash or a
// hang.
#include <dwarf.h>
#include <elf.h>
#include <fcntl.h>
#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "dwarf/debug_info.h"
#include "elf/elf_file.h"
#include "tests/unit/elf/compiled.h"

namespace flowtap::hostile_debug_info_test {
namespace {

constexpr const char* kHostileSource = R"(
    #include <string>
    #include <string_view>
    struct Spec { std::string id; Spec* next; enum Kind { kA, kB } kind; };
    volatile int sink;
    __attribute__((noinline, used)) int run(Spec* spec, std::string_view view) {
        sink = spec->id.size() + view.size(); return spec->kind;
    }
    int main() { Spec spec; return run(&spec, "x"); }
)";

class HostileDebugInfo : public Compiled {
protected:
    void SetUp() override {
        Compiled::SetUp();
        if (IsSkipped()) return;
        file_ = build(kHostileSource, "cpp", "-std=c++17 -g -O2");
        bytes_ = contents_of(file_);
        address_ = ElfFile::open(file_)->find_function("run")->address;
    }

    struct Section {
        std::size_t start = 0;
        std::size_t size = 0;
    };
    Section section(std::string_view wanted) const {
        Elf64_Ehdr header;
        std::memcpy(&header, bytes_.data(), sizeof header);
        const auto read = [&](unsigned index) {
            Elf64_Shdr one;
            std::memcpy(&one, bytes_.data() + header.e_shoff + index * sizeof one, sizeof one);
            return one;
        };
        const std::size_t names = read(header.e_shstrndx).sh_offset;
        for (unsigned i = 0; i < header.e_shnum; ++i)
            if (wanted == bytes_.data() + names + read(i).sh_name)
                return {read(i).sh_offset, read(i).sh_size};
        return {};
    }

    // Asks for everything; returns whether the healthy answer came.
    bool exercise(const std::vector<char>& bytes) {
        const std::string path = directory_.file("hostile");
        write_file(path, bytes);
        const auto debug = DebugInfo::read(Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC)), path);
        if (!debug) return false;
        (void)debug->find_value(address_, "view", {});
        (void)debug->find_value(address_, "spec", {"next", "next", "kind"});
        const auto id = debug->find_value(address_, "spec", {"id"});
        return id && id->kind == DebugValue::Kind::kSlice;
    }

    std::string file_;
    std::vector<char> bytes_;
    std::uint64_t address_ = 0;
};

// The abbreviations' attributes DW_AT_type of parameters become others of the same form.
TEST_F(HostileDebugInfo, WithoutATypeOfAParameterSaysSo) {
    const Section abbreviations = section(".debug_abbrev");
    std::size_t at = abbreviations.start;
    const auto next = [&] {
        unsigned value = 0;
        for (unsigned shift = 0;; shift += 7) {
            const auto byte = static_cast<unsigned char>(bytes_.at(at++));
            value |= (byte & 0x7fU) << shift;
            if (byte < 0x80) return value;
        }
    };
    while (at < abbreviations.start + abbreviations.size) {
        if (next() == 0) continue;
        const unsigned tag = next();
        (void)next();  // whether it has children
        for (;;) {
            const std::size_t place = at;
            const unsigned attribute = next();
            const unsigned form = next();
            if (form == DW_FORM_implicit_const) (void)next();
            if (attribute == 0) break;
            if (tag == DW_TAG_formal_parameter && attribute == DW_AT_type) bytes_[place] = DW_AT_import;
        }
    }
    const std::string path = directory_.file("typeless");
    write_file(path, bytes_);
    const auto debug = DebugInfo::read(Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC)), path);
    ASSERT_TRUE(debug) << debug.error().message();
    const auto value = debug->find_value(address_, "spec", {});
    ASSERT_FALSE(value);
    EXPECT_EQ(value.error().cause, "the parameter has no type");
}

TEST_F(HostileDebugInfo, DamagedAnywhereDoesNoHarm) {
    ASSERT_TRUE(exercise(bytes_));
    std::mt19937 random(20261122);
    const char* const kSections[] = {".debug_info",     ".debug_abbrev", ".debug_loclists",
                                     ".debug_rnglists", ".debug_str",    ".debug_aranges"};
    for (int round = 0; round < 400; ++round) {
        std::vector<char> damaged = bytes_;
        const Section where = section(kSections[round % std::size(kSections)]);
        if (where.size == 0) continue;
        const int times = 1 << (round % 8);
        for (int i = 0; i < times; ++i)
            damaged[where.start + random() % where.size] = static_cast<char>(random());
        exercise(damaged);
    }
}

TEST_F(HostileDebugInfo, CutShortDoesNoHarm) {
    for (std::size_t length = bytes_.size() / 2; length < bytes_.size(); length += 1 + bytes_.size() / 61)
        exercise({bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(length)});
}

// Assembles a unit with one function at main's address and entries as given.
class CraftedDebugInfo : public Compiled {
protected:
    Result<DebugValue> find(const std::string& abbreviations, const std::string& entries,
                            const std::vector<std::string>& members, const std::string& end = ".byte 0",
                            DebugUse use = DebugUse::kId) {
        const std::string file = build(R"(
            .text
            .globl run
            .type run, @function
            run: push %rbx
            pop %rbx
            ret
            .Lend:
            .globl main
            main: ret
            .section .debug_abbrev,"",@progbits
            .uleb128 1, 0x11
            .byte 1
            .uleb128 0x11, 1, 0x12, 7, 0, 0
            .uleb128 2, 0x2e
            .byte 1
            .uleb128 0x3f, 0x19, 0x03, 8, 0x11, 1, 0x12, 7, 0, 0
            .uleb128 3, 5
            .byte 0
            .uleb128 0x03, 8, 0x49, 0x13, 0, 0
        )" + abbreviations + R"(
            .byte 0
            .section .debug_info,"",@progbits
            .Lunit:
            .long .Lunit_end - .Lunit - 4
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
            .long .Ltype - .Lunit
            .byte 0
        )" + entries + end + R"(
            .Lunit_end:
            .section .note.GNU-stack
        )",
                                       "s", "-no-pie");
        const auto elf = ElfFile::open(file);
        if (!elf) return elf.error();
        const auto debug = DebugInfo::read(Fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC)), file);
        if (!debug) return debug.error();
        return debug->find_value(elf->find_symbol("run")->address, "x", members, use);
    }
};

constexpr const char* kTypedef = ".uleb128 4, 0x16\n.byte 0\n.uleb128 0x49, 0x13, 0, 0\n";
constexpr const char* kStruct =
    ".uleb128 5, 0x13\n.byte 1\n.uleb128 0x0b, 0x0b, 0, 0\n"
    ".uleb128 6, 0x1c\n.byte 0\n.uleb128 0x49, 0x13, 0x38, 0x0b, 0, 0\n";
constexpr const char* kPointer = ".uleb128 7, 0x0f\n.byte 0\n.uleb128 0x49, 0x13, 0, 0\n";
constexpr const char* kNumber = ".uleb128 8, 0x24\n.byte 0\n.uleb128 0x0b, 0x0b, 0x3e, 0x0b, 0, 0\n";

TEST_F(CraftedDebugInfo, ThatIsHealthyIsRead) {
    const auto value = find(kNumber, ".Ltype: .uleb128 8\n.byte 8, 7\n", {});
    ASSERT_TRUE(value) << value.error().message();
    EXPECT_EQ(value->size, 8u);
}

TEST_F(CraftedDebugInfo, WithANameThatDoesNotEndHasNone) {
    const char* const named =
        ".uleb128 8, 0x24\n.byte 0\n.uleb128 0x0b, 0x0b, 0x3e, 0x0b, 0x03, 0x08, 0, 0\n";
    const char* const entry = ".Ltype: .uleb128 8\n.byte 8, 7\n.ascii \"word\"\n";
    const auto sound = find(named, entry, {}, ".byte 0, 0");
    ASSERT_TRUE(sound) << sound.error().message();
    EXPECT_EQ(sound->type_name, "word");
    const auto endless = find(named, entry, {}, "");
    ASSERT_TRUE(endless) << endless.error().message();
    EXPECT_EQ(endless->type_name, "");
}

TEST_F(CraftedDebugInfo, WithATypeThatIsItselfIsRefused) {
    EXPECT_FALSE(find(kTypedef, ".Ltype: .uleb128 4\n.long .Ltype - .Lunit\n", {}));
    EXPECT_FALSE(find(kPointer, ".Ltype: .uleb128 7\n.long .Ltype - .Lunit\n", {}));
    EXPECT_FALSE(find(kPointer, ".Ltype: .uleb128 7\n.long .Ltype - .Lunit\n", {"a", "b"}));
}

TEST_F(CraftedDebugInfo, WithAMemberWhoseTypeIsItselfIsRefused) {
    const std::string abbreviations =
        std::string(kTypedef) + kStruct + kPointer +
        ".uleb128 9, 0x0d\n.byte 0\n.uleb128 0x03, 8, 0x49, 0x13, 0x38, 0x0b, 0, 0\n";
    const char* const entries =
        ".Ltype: .uleb128 7\n.long .Lrecord - .Lunit\n.Litself: .uleb128 4\n.long .Litself - .Lunit\n"
        ".Lrecord: .uleb128 5\n.byte 8\n.uleb128 9\n.asciz \"m\"\n.long .Litself - .Lunit\n.byte 0\n.byte "
        "0\n";
    for (const DebugUse use : {DebugUse::kId, DebugUse::kKey}) {
        const auto value = find(abbreviations, entries, {"m"}, ".byte 0", use);
        ASSERT_FALSE(value);
        EXPECT_EQ(value.error().cause, "its type is void or not known");
    }
}

TEST_F(CraftedDebugInfo, WithARecordThatInheritsFromItselfIsRefused) {
    const char* const record =
        ".Ltype: .uleb128 5\n.byte 8\n"
        ".uleb128 6\n.long .Ltype - .Lunit\n.byte 0\n.uleb128 6\n.long .Ltype - .Lunit\n.byte 0\n.byte 0\n";
    EXPECT_FALSE(find(kStruct, record, {"a"}));
    EXPECT_FALSE(find(kStruct, record, {}));
}

TEST_F(CraftedDebugInfo, WithATypeOutsideOfItIsRefused) {
    EXPECT_FALSE(find(kNumber, ".set .Ltype, .Lunit + 0x7fffffff\n", {}));
    EXPECT_FALSE(find(kNumber, ".set .Ltype, .Lunit + 1\n", {}));
}

TEST_F(CraftedDebugInfo, WithANumberOfAbsurdSizeIsRefused) {
    EXPECT_FALSE(find(kNumber, ".Ltype: .uleb128 8\n.byte 255, 7\n", {}));
    EXPECT_FALSE(find(kNumber, ".Ltype: .uleb128 8\n.byte 0, 7\n", {}));
}

// Trees that lead back into themselves: the walk has a budget, wherever it is led.
TEST_F(CraftedDebugInfo, WithSiblingsThatGoBackEnds) {
    // A record whose member's next sibling is the member itself, or the one before.
    const std::string abbreviations =
        std::string(kStruct) + kNumber + ".uleb128 9, 0x0d\n.byte 1\n.uleb128 0x01, 0x13, 0x49, 0x13, 0, 0\n";
    for (const char* const back : {".Lmember", ".Ltype", ".Lunit", ".Lunit_end"}) {
        const std::string record =
            std::string(".Ltype: .uleb128 5\n.byte 8\n.Lmember: .uleb128 9\n.long ") + back +
            " - .Lunit\n.long .Ltype - .Lunit\n.uleb128 8\n.byte 8, 7\n.byte 0\n.byte 0\n";
        EXPECT_FALSE(find(abbreviations, record, {"a"})) << back;
        EXPECT_FALSE(find(abbreviations, record, {})) << back;
    }
}

TEST_F(CraftedDebugInfo, WithOriginsInACircleEnds) {
    const std::string abbreviations =
        ".uleb128 9, 0x13\n.byte 0\n.uleb128 0x31, 0x13, 0, 0\n.uleb128 10, 0x16\n.byte 0\n.uleb128 0x31, "
        "0x13, 0, 0\n";
    EXPECT_FALSE(find(abbreviations, ".Ltype: .uleb128 9\n.long .Ltype - .Lunit\n", {"a"}));
    EXPECT_FALSE(find(
        abbreviations,
        ".Ltype: .uleb128 10\n.long .Lother - .Lunit\n.Lother: .uleb128 10\n.long .Ltype - .Lunit\n", {}));
}

TEST_F(CraftedDebugInfo, WithAbbreviationsThatAreMissingOrNeverEndIsRefused) {
    EXPECT_FALSE(find(kNumber, ".Ltype: .uleb128 99\n.byte 8, 7\n", {}));
    EXPECT_FALSE(find(kNumber, ".Ltype: .uleb128 0xffffffffffffffff\n.byte 8, 7\n", {}));
    EXPECT_FALSE(
        find(".uleb128 9, 0x24\n.byte 0\n.fill 4096, 1, 0x8b\n", ".Ltype: .uleb128 9\n.byte 8, 7\n", {}));
    // A form that no standard knows.
    EXPECT_FALSE(
        find(".uleb128 9, 0x24\n.byte 0\n.uleb128 0x0b, 0x7f, 0, 0\n", ".Ltype: .uleb128 9\n.byte 8\n", {}));
}

TEST_F(CraftedDebugInfo, WithALongChainOfEntriesEnds) {
    // Each a child of the one before: deeper than any walk goes.
    EXPECT_FALSE(find(std::string(kStruct) + kNumber,
                      ".Ltype: .uleb128 5\n.byte 8\n.rept 100000\n.uleb128 5\n.byte 8\n.endr\n", {"a"}));
}

}  // namespace
}  // namespace flowtap::hostile_debug_info_test
