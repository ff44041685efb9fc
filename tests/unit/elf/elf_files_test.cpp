// SPDX-License-Identifier: Apache-2.0
#include "elf/elf_files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

namespace flowtap::elf_files_test {
namespace {

class OpenedElfFiles : public testing::Test {
protected:
    OpenedElfFiles() {
        std::string name = std::filesystem::temp_directory_path() / "flowtap-elf-XXXXXX";
        directory_ = ::mkdtemp(name.data());
        std::filesystem::copy_file("/proc/self/exe", path());
    }
    ~OpenedElfFiles() override { std::filesystem::remove_all(directory_); }
    [[nodiscard]] std::string path(const std::string& name = "a") const { return directory_ + "/" + name; }

    std::string directory_;
    ElfFiles files_;
};

TEST_F(OpenedElfFiles, AreParsedOnceByWhateverPath) {
    std::filesystem::create_hard_link(path(), path("b"));
    const auto one = files_.open(path());
    const auto other = files_.open(path("b"));
    ASSERT_TRUE(one && other);
    EXPECT_EQ(*one, *other);
}

TEST_F(OpenedElfFiles, AreOpenedAgainAfterTheFileChanged) {
    const auto before = files_.open(path());
    std::filesystem::copy_file(path(), path("b"));
    std::filesystem::rename(path("b"), path());
    const auto replaced = files_.open(path());
    std::filesystem::resize_file(path(), std::filesystem::file_size(path()) + 1);
    const auto changed = files_.open(path());
    ASSERT_TRUE(before && replaced && changed);
    EXPECT_NE(*before, *replaced);
    EXPECT_NE(*replaced, *changed);
}

TEST_F(OpenedElfFiles, AreClosedWhenNobodyUsesThem) {
    const auto open_descriptors = [] {
        return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
    };
    const auto before = open_descriptors();
    auto kept = files_.open(path());
    EXPECT_GT(open_descriptors(), before);
    EXPECT_EQ(files_.take_opened().size(), 1U);
    EXPECT_TRUE(files_.take_opened().empty());
    kept = Error{};
    EXPECT_EQ(open_descriptors(), before);
}

TEST_F(OpenedElfFiles, ThatAreNotElfAreErrorsEachTime) {
    EXPECT_FALSE(files_.open(path("absent")));
    EXPECT_FALSE(files_.open("/dev/null"));
    EXPECT_TRUE(files_.take_opened().empty());
}

}  // namespace
}  // namespace flowtap::elf_files_test
