// SPDX-License-Identifier: Apache-2.0
#include "python/debug_offsets.h"

#include <gmock/gmock.h>

#include <array>
#include <cstring>

#include "python/versions/python_version.h"
#include "python/versions/supported.h"
#include "tests/unit/process/fake_memory.h"

namespace flowtap::debug_offsets_test {

namespace {

using testing::HasSubstr;

constexpr std::uint64_t kRuntime = 0x5000;
constexpr std::uint32_t kVersion = 0x030d05f0;

// _Py_DebugOffsets of CPython 3.13.5 as 64-bit words, up to unicode_object.
constexpr std::array<std::uint64_t, 71> kOf3135 = {0x7970677562656478,
                                                   kVersion,
                                                   0,
                                                   283376,
                                                   608,
                                                   632,
                                                   194976,
                                                   7272,
                                                   7264,
                                                   7344,
                                                   7400,
                                                   7656,
                                                   7640,
                                                   7648,
                                                   16,
                                                   7752,
                                                   0,
                                                   7768,
                                                   7760,
                                                   304,
                                                   0,
                                                   8,
                                                   16,
                                                   72,
                                                   152,
                                                   160,
                                                   232,
                                                   32,
                                                   80,
                                                   8,
                                                   0,
                                                   56,
                                                   72,
                                                   70,
                                                   208,
                                                   112,
                                                   120,
                                                   128,
                                                   136,
                                                   68,
                                                   52,
                                                   96,
                                                   104,
                                                   200,
                                                   16,
                                                   8,
                                                   416,
                                                   24,
                                                   88,
                                                   168,
                                                   32,
                                                   24,
                                                   16,
                                                   40,
                                                   24,
                                                   16,
                                                   48,
                                                   32,
                                                   40,
                                                   24,
                                                   16,
                                                   32,
                                                   16,
                                                   24,
                                                   40,
                                                   16,
                                                   32,
                                                   64,
                                                   32,
                                                   16,
                                                   40};

// Up to what the debug offsets do not tell; there is no padding before.
std::string bytes_of(const ft_python& layout) {
    return {reinterpret_cast<const char*>(&layout), offsetof(ft_python, await_opcodes)};
}

class DebugOffsets : public testing::Test {
protected:
    DebugOffsets() {
        memory.map(kRuntime, 4096);
        memory.put(kRuntime, kOf3135);
    }
    void put_word(std::size_t index, std::uint64_t value) { memory.put(kRuntime + 8 * index, value); }
    std::string apply() {
        const auto applied = apply_debug_offsets(memory, kRuntime, kVersion, table(), layout);
        return applied ? "" : applied.error().message();
    }

    static const DebugOffsetTable& table() { return *python_version(13)->debug_offsets; }

    FakeMemory memory;
    PythonLayout layout = *layout_of_minor(13);
};

TEST_F(DebugOffsets, AgreeWithTheTableForARealVersion) {
    const PythonLayout table = layout;
    EXPECT_EQ(apply(), "");
    EXPECT_EQ(bytes_of(layout.bpf), bytes_of(table.bpf));
    EXPECT_EQ(layout.runtime_interpreters_main, table.runtime_interpreters_main);
    EXPECT_EQ(layout.runtime_initialized, table.runtime_initialized);
    EXPECT_EQ(layout.interpreter_next, table.interpreter_next);
    EXPECT_EQ(layout.interpreter_modules, table.interpreter_modules);
    EXPECT_EQ(layout.interpreter_threads_head, table.interpreter_threads_head);
    EXPECT_EQ(layout.code_adaptive, table.code_adaptive);
    EXPECT_EQ(layout.tuple_items, table.tuple_items);
}

// The same of 3.15.2 (Debian's build, with a JIT).
constexpr std::array<std::uint64_t, 111> kOf3152 = {0x7970677562656478,
                                                    0x30f02f0,
                                                    0,
                                                    346568,
                                                    912,
                                                    936,
                                                    226240,
                                                    7272,
                                                    7264,
                                                    7336,
                                                    7352,
                                                    7400,
                                                    7592,
                                                    7576,
                                                    7584,
                                                    16,
                                                    7736,
                                                    0,
                                                    7752,
                                                    7744,
                                                    7944,
                                                    0,
                                                    888,
                                                    0,
                                                    8,
                                                    16,
                                                    72,
                                                    80,
                                                    88,
                                                    96,
                                                    176,
                                                    184,
                                                    256,
                                                    32,
                                                    36,
                                                    40,
                                                    136,
                                                    288,
                                                    0,
                                                    88,
                                                    8,
                                                    0,
                                                    56,
                                                    80,
                                                    74,
                                                    64,
                                                    0,
                                                    216,
                                                    112,
                                                    120,
                                                    128,
                                                    136,
                                                    68,
                                                    52,
                                                    96,
                                                    104,
                                                    208,
                                                    0,
                                                    16,
                                                    8,
                                                    424,
                                                    24,
                                                    88,
                                                    168,
                                                    32,
                                                    288,
                                                    944,
                                                    888,
                                                    40,
                                                    32,
                                                    16,
                                                    40,
                                                    24,
                                                    16,
                                                    200,
                                                    24,
                                                    40,
                                                    32,
                                                    48,
                                                    32,
                                                    40,
                                                    24,
                                                    16,
                                                    32,
                                                    16,
                                                    24,
                                                    40,
                                                    16,
                                                    32,
                                                    64,
                                                    32,
                                                    16,
                                                    40,
                                                    56,
                                                    176,
                                                    112,
                                                    120,
                                                    1120,
                                                    104,
                                                    160,
                                                    24,
                                                    72,
                                                    67,
                                                    0,
                                                    8,
                                                    24,
                                                    344,
                                                    8028,
                                                    0,
                                                    4,
                                                    512};

TEST_F(DebugOffsets, AgreeWithTheTableOfEachVersionTheyAreKnownOf) {
    memory.put(kRuntime, kOf3152);
    layout = *layout_of_minor(15);
    const PythonLayout known = layout;
    constexpr std::size_t kUsed =
        offsetof(PythonLayout, inline_values_valid) + sizeof(known.inline_values_valid);
    const auto applied =
        apply_debug_offsets(memory, kRuntime, 0x030f02f0, *python_version(15)->debug_offsets, layout);
    ASSERT_TRUE(applied) << applied.error().message();
    EXPECT_EQ(std::memcmp(&layout, &known, kUsed), 0);
}

TEST_F(DebugOffsets, TellTheirOwnFigureOfWhatOnlyANewVersionTells) {
    memory.put(kRuntime, kOf3152);
    put_word(36, 152);    // current_exception
    put_word(67, 896);    // ht_cached_keys
    put_word(93, 80);     // sizeof(PyCompactUnicodeObject)
    put_word(6, 226248);  // another PyInterpreterState: where its `jit` is, is not known
    layout = *layout_of_minor(15);
    const auto applied =
        apply_debug_offsets(memory, kRuntime, 0x030f02f0, *python_version(15)->debug_offsets, layout);
    ASSERT_TRUE(applied) << applied.error().message();
    EXPECT_EQ(layout.bpf.tstate_exception, 152);
    EXPECT_EQ(layout.bpf.type_cached_keys, 896);
    EXPECT_EQ(layout.bpf.str_compact_data, 80);
    EXPECT_EQ(layout.interpreter_jit, 0U);
}

TEST_F(DebugOffsets, WinOverTheTable) {
    put_word(11, 7000);  // imports.modules
    put_word(32, 64);    // localsplus
    put_word(70, 48);    // sizeof(PyASCIIObject)
    EXPECT_EQ(apply(), "");
    EXPECT_EQ(layout.interpreter_modules, 7000U);
    EXPECT_EQ(layout.bpf.frame_locals, 64U);
    EXPECT_EQ(layout.bpf.str_ascii_data, 48U);
    EXPECT_EQ(layout.bpf.str_compact_data, 64U);
}

TEST_F(DebugOffsets, AreRefusedWithoutTheCookieOrOfAnotherVersion) {
    put_word(1, kVersion + 0x100);
    EXPECT_EQ(apply(),
              "read the layout of CPython: its _Py_DebugOffsets is of another version than Py_Version");
    put_word(0, 0);
    EXPECT_EQ(apply(), "read the layout of CPython: it has no _Py_DebugOffsets where CPython 3.13+ keeps it");
}

TEST_F(DebugOffsets, OfAFreeThreadedBuildAreRefusedByName) {
    put_word(2, 1);
    EXPECT_EQ(apply(),
              "read the layout of CPython: it is a free-threaded build (run the program on a GIL build)");
}

TEST_F(DebugOffsets, OutsideTheirStructsAreErrors) {
    const struct {
        std::size_t word;
        std::uint64_t value;
        const char* named;
    } cases[] = {{11, 200000, "imports.modules"},
                 {23, 304, "current_frame"},
                 {57, ~0ULL, "ma_keys"},
                 {5, 283376, "interpreters"},
                 {4, 0, "_finalizing"},
                 {70, 1 << 20, "str data"},
                 {18, 7761, "the GIL's last_holder"},
                 {5, ~0ULL - 3, "interpreters"},
                 {6, 1ULL << 40, "id"},
                 {17, 7769, "the GIL's locked"},
                 {8, 200000, "next"}};
    for (const auto& bad : cases) {
        memory.put(kRuntime, kOf3135);
        put_word(bad.word, bad.value);
        EXPECT_THAT(apply(),
                    testing::MatchesRegex("read the layout of CPython: its _Py_DebugOffsets gives [0-9]+ "
                                          "as the offset of .*" +
                                          std::string(bad.named) + ".*, which cannot be right"))
            << bad.word;
    }
}

TEST_F(DebugOffsets, ThatCannotBeReadAreAnError) {
    const auto applied = apply_debug_offsets(memory, 0x100, kVersion, table(), layout);
    ASSERT_FALSE(applied);
    EXPECT_THAT(applied.error().message(), HasSubstr("its _PyRuntime cannot be read"));
}

TEST(Layout, IsKnownForSupportedVersionsOnly) {
    EXPECT_FALSE(layout_of_minor(kOldestPythonMinor - 1));
    EXPECT_FALSE(layout_of_minor(kNewestPythonMinor + 1));
    for (unsigned minor = kOldestPythonMinor; minor <= kNewestPythonMinor; ++minor) {
        ASSERT_NE(python_version(minor), nullptr);
        EXPECT_EQ(python_version(minor)->minor, minor);
    }
}

}  // namespace

}  // namespace flowtap::debug_offsets_test
