// SPDX-License-Identifier: Apache-2.0
#include "process/file_in_root.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace flowtap::file_in_root_test {
namespace {

using testing::Contains;
using testing::IsEmpty;
using testing::SizeIs;

namespace fs = std::filesystem;

class FilesInRoot : public testing::Test {
protected:
    FilesInRoot() {
        fs::create_directories(root_ / "package/sub");
        std::ofstream(root_ / "package/worker.py") << "text";
        fs::create_symlink("/package", root_ / "link");
        fs::create_symlink("/etc", root_ / "out");
    }
    ~FilesInRoot() override { fs::remove_all(proc_); }

    fs::path proc_ = fs::temp_directory_path() / ("flowtap-root-" + std::to_string(::getpid()));
    fs::path root_ = proc_ / "7/root";
};

TEST_F(FilesInRoot, AreListedAsTheProcessSeesThem) {
    EXPECT_THAT(names_in_root(7, "/package", 100, proc_), Contains("worker.py"));
    EXPECT_THAT(names_in_root(7, "/package", 100, proc_), Contains("sub"));
    EXPECT_THAT(names_in_root(7, "/link", 100, proc_), Contains("worker.py")) << "links stay inside the root";
    EXPECT_THAT(names_in_root(7, "/out", 100, proc_), IsEmpty());
    EXPECT_THAT(names_in_root(7, "/package", 1, proc_), SizeIs(1));
    EXPECT_THAT(names_in_root(7, "/package/worker.py", 100, proc_), IsEmpty()) << "no directory";
    EXPECT_THAT(names_in_root(7, "/absent", 100, proc_), IsEmpty());
    EXPECT_THAT(names_in_root(8, "/package", 100, proc_), IsEmpty());
}

}  // namespace
}  // namespace flowtap::file_in_root_test
