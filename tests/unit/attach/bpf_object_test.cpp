// SPDX-License-Identifier: Apache-2.0
#include "attach/kernel/bpf_object.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

namespace flowtap::bpf_object_test {
namespace {

Result<BpfObject> loaded() {
    return BpfObject::load({}, {.event = [](std::span<const std::byte>) {},
                                .late_end = [](std::span<const std::byte>, std::uint64_t) {},
                                .start = [](const ft_start&) {}});
}

// What holds maps and programs in the kernel.
void close_all_of_bpf() {
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code ignored;
        const std::string target = std::filesystem::read_symlink(entry, ignored);
        if (target.starts_with("anon_inode:bpf")) ::close(std::stoi(entry.path().filename()));
    }
}

TEST(BpfObjectTest, TellsWhetherTheKernelStillHandsOverWhatIsInIt) {
    const Result<BpfObject> object = loaded();
    if (!object) GTEST_SKIP() << "missing: " << object.error().message();
    EXPECT_TRUE(object->check());
    EXPECT_EXIT(
        {
            close_all_of_bpf();
            const Result<void> checked = object->check();
            ::_exit(!checked && checked.error().cause == "Bad file descriptor" ? 0 : 1);
        },
        testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace flowtap::bpf_object_test
