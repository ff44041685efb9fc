// SPDX-License-Identifier: Apache-2.0
#include "attach/kernel/bpf_object.h"

#include <bpf/bpf.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string_view>
#include <vector>

#include "attach/kernel/ring_reader.h"
#include "tests/unit/process/in_child.h"

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
    const std::string said = test::in_child([&object] {
        close_all_of_bpf();
        const Result<void> checked = object->check();
        return checked ? "it does" : checked.error().message();
    });
    EXPECT_EQ(said, "read BPF table names: Bad file descriptor (restart flowtap)");
}

// What load() says where these calls are refused, though this process may make them.
std::string refusal(std::initializer_list<test::RefusedCall> calls, int error) {
    return test::in_child([&] {
        test::refuse_calls(calls, error);
        const Result<BpfObject> object = loaded();
        return object ? "loaded" : object.error().message();
    });
}

TEST(BpfObjectTest, SaysWhyItCannotBeLoadedAndWhatToDo) {
    if (const Result<BpfObject> object = loaded(); !object)
        GTEST_SKIP() << "missing: " << object.error().message();
    const std::string load = "load BPF programs into the kernel: ";
    EXPECT_EQ(refusal({{SYS_bpf}}, EPERM),
              load +
                  "Operation not permitted (before Linux 5.11 this requires CAP_SYS_RESOURCE or an unlimited "
                  "RLIMIT_MEMLOCK; otherwise a seccomp profile or the kernel's lockdown forbids bpf())");
    EXPECT_EQ(
        refusal({{SYS_bpf}}, ENOSYS),
        load + "Function not implemented (use Linux 5.10 or newer, with BTF in /sys/kernel/btf/vmlinux)");
    EXPECT_EQ(
        refusal({{SYS_bpf, BPF_MAP_CREATE}}, EMFILE),
        load +
            "Too many open files (raise the hard limit of open files: LimitNOFILE= in a systemd unit, ulimit "
            "-Hn in a shell)");
    EXPECT_EQ(
        refusal({{SYS_bpf, BPF_MAP_CREATE}}, ENOMEM),
        load +
            "Cannot allocate memory (allow more memory (MemoryMax= in a systemd unit, limits.memory in a "
            "pod), or less of it by --events-buffer and --max-open-executions)");
    EXPECT_EQ(
        refusal({{SYS_bpf, BPF_RAW_TRACEPOINT_OPEN}}, EINVAL),
        "attach to the tracepoints of processes: Invalid argument (use Linux 5.10 or newer, with BTF in "
        "/sys/kernel/btf/vmlinux)");
    EXPECT_EQ(refusal({{SYS_epoll_create1}}, EMFILE),
              "wait for BPF ring buffers: Too many open files (raise the hard limit of open files: "
              "LimitNOFILE= in a systemd unit, ulimit -Hn in a shell)");
    EXPECT_EQ(refusal({{SYS_epoll_ctl}}, ENOSPC), "wait for BPF ring buffer events: No space left on device");
}

TEST(RingReaderTest, SaysWhyItCannotBeOpened) {
    constexpr int kNoMap = -1;
    const Result<RingReader> absent = RingReader::open(kNoMap, 4096);
    ASSERT_FALSE(absent);
    EXPECT_EQ(absent.error().message(), "map a BPF ring buffer: Bad file descriptor");
    const Fd file(::memfd_create("map", MFD_CLOEXEC));
    const Result<RingReader> larger_than_memory = RingReader::open(file.get(), std::size_t{1} << 48);
    ASSERT_FALSE(larger_than_memory);
    EXPECT_EQ(
        larger_than_memory.error().message(),
        "map a BPF ring buffer: Cannot allocate memory (allow more memory (MemoryMax= in a systemd unit, "
        "limits.memory in a pod), or less of it by --events-buffer and --max-open-executions)");
}

// The descriptor of a map of this process; -1: there is none of this name.
int map_called(std::string_view name) {
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code ignored;
        if (std::filesystem::read_symlink(entry, ignored) != "anon_inode:bpf-map") continue;
        const int map = std::stoi(entry.path().filename());
        bpf_map_info info = {};
        __u32 size = sizeof info;
        if (bpf_obj_get_info_by_fd(map, &info, &size) == 0 && name == info.name) return map;
    }
    return -1;
}

bool has(int map, const void* key) {
    std::vector<std::byte> value(4096);
    return bpf_map_lookup_elem(map, key, value.data()) == 0;
}

// A drive or a clock that outlived its attachment would give the next one's executions wrong running times.
TEST(BpfObjectTest, ForgetsTheDrivesAndClocksOfOneProcess) {
    constexpr std::uint32_t kDetached = 4242;
    constexpr std::uint32_t kOther = 4243;
    Result<BpfObject> object = loaded();
    if (!object) GTEST_SKIP() << "missing: " << object.error().message();
    const int drives = map_called("drives");
    const int clocks = map_called("clocks");
    ASSERT_GE(drives, 0);
    ASSERT_GE(clocks, 0);
    const std::vector<std::byte> zeroes(4096);
    for (const std::uint32_t tgid : {kDetached, kOther}) {
        const __u64 thread = __u64{tgid} << 32 | tgid;
        const ft_open_key clock = {.key = 0x1000, .tgid = tgid, .pad = 0};
        ASSERT_EQ(bpf_map_update_elem(drives, &thread, zeroes.data(), BPF_ANY), 0);
        ASSERT_EQ(bpf_map_update_elem(clocks, &clock, zeroes.data(), BPF_ANY), 0);
    }
    object->forget_executions(kDetached);
    for (const std::uint32_t tgid : {kDetached, kOther}) {
        const __u64 thread = __u64{tgid} << 32 | tgid;
        const ft_open_key clock = {.key = 0x1000, .tgid = tgid, .pad = 0};
        EXPECT_EQ(has(drives, &thread), tgid == kOther);
        EXPECT_EQ(has(clocks, &clock), tgid == kOther);
    }
}

}  // namespace
}  // namespace flowtap::bpf_object_test
