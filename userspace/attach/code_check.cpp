// SPDX-License-Identifier: Apache-2.0
#include "attach/code_check.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <span>

#include "base/fd.h"

namespace flowtap {
namespace {

constexpr std::size_t kAround = 32;  // bytes on either side
constexpr std::array kLongNop{std::byte{0x0f}, std::byte{0x1f}, std::byte{0x44}, std::byte{0x00},
                              std::byte{0x00}};
constexpr std::byte kBreakpoint{0xcc};
constexpr std::byte kCall{0xe8};

using Window = std::array<std::byte, 2 * kAround>;

// Uprobes write breakpoints, and recent kernels calls in place of long nops
// (arch/x86/kernel/uprobes.c, arch_uprobe_optimize()).
bool same_but_for_uprobes(std::span<const std::byte> file, std::span<const std::byte> memory) {
    for (std::size_t i = 0; i < file.size(); ++i) {
        if (memory[i] == file[i] || memory[i] == kBreakpoint) continue;
        const auto rest = file.subspan(i);
        if (memory[i] != kCall || rest.size() < kLongNop.size() ||
            !std::ranges::equal(rest.first(kLongNop.size()), kLongNop))
            return false;
        i += kLongNop.size() - 1;
    }
    return true;
}

class Files {
public:
    // How many bytes were there.
    std::size_t read(const PlannedProbe& probe, std::uint64_t offset, std::span<std::byte> into) {
        const auto [found, is_new] = open_.try_emplace(probe.file);
        if (is_new) found->second = Fd(::open(probe.file.c_str(), O_RDONLY | O_CLOEXEC));
        if (!found->second) return 0;
        const ssize_t count =
            ::pread(found->second.get(), into.data(), into.size(), static_cast<off_t>(offset));
        return count < 0 ? 0 : static_cast<std::size_t>(count);
    }

private:
    std::map<std::string, Fd> open_;
};

// What cannot be read is for others to say.
bool is_as_in_file(const PlannedProbe& probe, const Memory& memory, Files& files) {
    Window in_file;
    Window in_memory;
    const std::uint64_t before = std::min<std::uint64_t>(kAround, probe.file_offset);
    const std::uint64_t page_end = (probe.address | 0xfff) + 1;
    const std::uint64_t from = std::max(probe.address - before, probe.address & ~std::uint64_t{0xfff});
    const std::size_t size = std::min<std::uint64_t>(probe.address + kAround, page_end) - from;
    const std::uint64_t offset = probe.file_offset - (probe.address - from);
    if (!memory.read(from, std::span(in_memory).first(size))) return true;
    const std::size_t count = files.read(probe, offset, std::span(in_file).first(size));
    return same_but_for_uprobes(std::span(in_file).first(count), std::span(in_memory).first(count));
}

}  // namespace

Result<void> check_code(const Plan& plan, const Memory& memory) {
    Files files;
    for (const PlannedProbe& probe : plan.probes) {
        if (is_as_in_file(probe, memory, files)) continue;
        return Error{
            "attach uprobe " + probe.name + " in process", std::to_string(plan.pid),
            "its memory has other code there than the file, which was overwritten while it was mapped",
            "restart the process"};
    }
    return {};
}

}  // namespace flowtap
