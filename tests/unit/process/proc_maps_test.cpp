// SPDX-License-Identifier: Apache-2.0
#include "process/proc_maps.h"

#include <gtest/gtest.h>

namespace flowtap {

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

}  // namespace

}  // namespace flowtap
