// SPDX-License-Identifier: Apache-2.0
#include "process/proc_maps.h"

#include <gtest/gtest.h>

namespace flowtap::proc_maps_test {

namespace {

TEST(ProcMaps, ReadALine) {
    const auto mapping =
        parse_mapping("55d0c8a00000-55d0c8a21000 r-xp 0001a000 103:02 1573 /opt/my app/bin (deleted)");
    ASSERT_TRUE(mapping);
    EXPECT_EQ(mapping->start, 0x55d0c8a00000U);
    EXPECT_EQ(mapping->end, 0x55d0c8a21000U);
    EXPECT_EQ(mapping->offset, 0x1a000U);
    EXPECT_TRUE(mapping->executable);
    EXPECT_EQ(mapping->device_major, 0x103U);
    EXPECT_EQ(mapping->device_minor, 2U);
    EXPECT_EQ(mapping->inode, 1573U);
    EXPECT_EQ(mapping->path, "/opt/my app/bin (deleted)");
}

TEST(ProcMaps, KeepOnlyMappingsOfFiles) {
    const auto mappings = parse_file_mappings(
        "00400000-00401000 r--p 00000000 08:01 99                         /bin/x\n"
        "00401000-00402000 rw-p 00000000 00:00 0 \n"
        "00500000-00501000 rw-p 00000000 00:00 0                          [heap]\n"
        "00600000-00601000 rw-s 00000000 00:01 1024                       anon_inode:[perf]\n"
        "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0          [vsyscall]");
    ASSERT_EQ(mappings.size(), 1U);
    EXPECT_EQ(mappings[0].path, "/bin/x");
    EXPECT_FALSE(mappings[0].executable);
}

TEST(ProcMaps, RefuseLinesOfAnotherForm) {
    for (const char* const line :
         {"", "x", "1-", "1-2", "1-2 r-xp", "1-2 r-xp 0", "1-2 r-xp 0 8:1", "2-1 r-xp 0 8:1 5 /x",
          "1-1 r-xp 0 8:1 5 /x", "11111111111111111-2 r-xp 0 8:1 5 /x", "-1-2 r-xp 0 8:1 5 /x",
          "1-2 r-xp 0 8:zz 5 /x"}) {
        EXPECT_FALSE(parse_mapping(line)) << line;
    }
}

// The kernel writes a line feed in a name as \\012; nothing else in it can begin a line.
TEST(ProcMaps, TakeANameThatLooksLikeALineForAName) {
    const auto mappings = parse_file_mappings(
        "1000-2000 r-xp 0 8:1 5 /tmp/x\\0127f00-7f01 r-xp 0 8:1 6 /lib/engine\n"
        "3000-4000 r-xp 0 8:1 7 /tmp/5000-6000 r-xp 0 8:1 8 /lib/engine (deleted)\n");
    ASSERT_EQ(mappings.size(), 2U);
    EXPECT_EQ(mappings[0].inode, 5U);
    EXPECT_EQ(mappings[1].start, 0x3000U);
    EXPECT_EQ(mappings[1].inode, 7U);
}

// Whatever the bytes: no mapping that is empty or ends before it begins.
TEST(ProcMaps, SurviveDamage) {
    const std::string good = "55d0c8a00000-55d0c8a21000 r-xp 0001a000 103:02 1573 /opt/app/bin\n";
    std::uint32_t random = 1;
    for (int round = 0; round < 2000; ++round) {
        std::string text = good + good + good;
        for (int i = 0; i < 5; ++i) {
            random = random * 1664525 + 1013904223;
            text[(random >> 8) % text.size()] = static_cast<char>(random >> 24);
        }
        for (const Mapping& mapping : parse_file_mappings(text)) EXPECT_LT(mapping.start, mapping.end);
    }
}

}  // namespace

}  // namespace flowtap::proc_maps_test
