// SPDX-License-Identifier: Apache-2.0
#include "process/mapped_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "base/fd.h"
#include "fake_proc.h"
#include "mapped_here.h"
#include "process/proc_file.h"
#include "process/proc_maps.h"

namespace flowtap::mapped_file_test {
namespace {

constexpr std::uint64_t kStart = 0x401000;
constexpr std::uint64_t kEnd = 0x500000;

Mapping mapping_of(const std::string& file, const std::string& name) {
    Mapping mapping = mapped_here(file);
    mapping.start = kStart;
    mapping.end = kEnd;
    mapping.path = name;
    return mapping;
}

class MappedFileFallback : public testing::Test {
protected:
    MappedFileFallback() {
        facts_.pid = 12;
        proc_.put("12/root/usr/bin/x", "elf");
        mapping_ = mapping_of(named_, "/usr/bin/x");
    }

    [[nodiscard]] std::string path() const { return mapped_file_path(facts_, mapping_, proc_.root()); }

    const FakeProc proc_;
    const std::string direct_ = proc_.root() + "/12/map_files/401000-500000";
    const std::string named_ = proc_.root() + "/12/root/usr/bin/x";
    ProcessFacts facts_;
    Mapping mapping_;
};

TEST_F(MappedFileFallback, IsTheFileOfThatNameInTheTargetsRoot) { EXPECT_EQ(path(), named_); }

TEST_F(MappedFileFallback, IsNotUsedWhereTheMappingItselfCanBeOpened) {
    proc_.put("12/map_files/401000-500000", "elf");
    EXPECT_EQ(path(), direct_);
}

TEST_F(MappedFileFallback, IsNoOtherFileOfThatName) {
    std::filesystem::rename(named_, proc_.root() + "/kept");  // its inode stays taken
    EXPECT_EQ(path(), direct_) << "no file";
    proc_.put("12/root/usr/bin/x", "elf");
    EXPECT_EQ(path(), direct_) << "another inode";
}

TEST_F(MappedFileFallback, IsNoFileOfThatInodeOnAnotherDevice) {
    mapping_.device_minor ^= 1;
    EXPECT_EQ(path(), direct_);
}

TEST_F(MappedFileFallback, IsNoFileWhoseInodeIsNotKnown) {
    mapping_.inode = 0;
    EXPECT_EQ(path(), direct_);
}

TEST_F(MappedFileFallback, OpensNoPipeThatWouldWait) {
    std::filesystem::remove(named_);
    ASSERT_EQ(::mkfifo(named_.c_str(), 0600), 0);
    EXPECT_EQ(path(), direct_);
}

TEST_F(MappedFileFallback, IsTheProgramItselfEvenWhereThatWasReplaced) {
    std::filesystem::rename(named_, proc_.root() + "/kept");
    std::filesystem::create_symlink(proc_.root() + "/kept", proc_.root() + "/12/exe");
    proc_.put("12/root/usr/bin/x", "newer");
    facts_.exe = "/usr/bin/x (deleted)";
    EXPECT_EQ(path(), direct_) << "a library may have the program's name";
    mapping_.path = facts_.exe;
    EXPECT_EQ(path(), proc_.root() + "/12/exe");
    std::filesystem::rename(proc_.root() + "/12/root/usr/bin/x", proc_.root() + "/kept");
    EXPECT_EQ(path(), direct_) << "the program is another by now";
}

}  // namespace
}  // namespace flowtap::mapped_file_test
