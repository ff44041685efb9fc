// SPDX-License-Identifier: Apache-2.0
#include "process/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>

#include "base/fd.h"
#include "process/proc_file.h"
#include "process/proc_maps.h"

namespace flowtap {
namespace {

constexpr std::size_t kMaxOwnMapsBytes = 64 << 20;

std::string in_hexadecimal(std::uint64_t value) {
    std::array<char, 16> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr;
    return {digits.data(), end};
}

bool can_open(const std::string& path) {
    return static_cast<bool>(Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC)));
}

// One byte of a file, mapped into this process.
class OwnMapping {
public:
    explicit OwnMapping(const Fd& file) : start_(::mmap(nullptr, 1, PROT_READ, MAP_PRIVATE, file.get(), 0)) {}
    OwnMapping(const OwnMapping&) = delete;
    OwnMapping& operator=(const OwnMapping&) = delete;
    ~OwnMapping() {
        if (*this) ::munmap(start_, 1);
    }
    explicit operator bool() const { return start_ != MAP_FAILED; }
    [[nodiscard]] std::uint64_t start() const { return reinterpret_cast<std::uint64_t>(start_); }

private:
    void* start_;
};

// The device and inode by which the kernel lists the file among mappings. On overlay file systems and btrfs
// they may differ from those of stat().
std::optional<Mapping> as_mapped(const std::string& path) {
    // Whatever the target put there, opening it must not wait.
    const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    struct stat status = {};
    if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
    const OwnMapping own(file);
    if (!own) return std::nullopt;
    const auto all = parse_file_mappings(read_proc_file("/proc/self/maps", kMaxOwnMapsBytes).text);
    const auto found = std::ranges::find(all, own.start(), &Mapping::start);
    return found == all.end() ? std::nullopt : std::optional(*found);
}

bool is_file_of(const Mapping& mapping, const std::string& path) {
    const std::optional<Mapping> own = as_mapped(path);
    return own && own->inode == mapping.inode && own->device_major == mapping.device_major &&
           own->device_minor == mapping.device_minor;
}

}  // namespace

std::string mapped_file_path(const ProcessFacts& facts, const Mapping& mapping,
                             const std::string& proc_root) {
    const std::string directory = proc_root + "/" + std::to_string(facts.pid);
    std::string direct =
        directory + "/map_files/" + in_hexadecimal(mapping.start) + "-" + in_hexadecimal(mapping.end);
    if (can_open(direct)) return direct;
    if (mapping.path == facts.exe && is_file_of(mapping, directory + "/exe")) return directory + "/exe";
    if (is_file_of(mapping, directory + "/root" + mapping.path)) return directory + "/root" + mapping.path;
    return direct;
}

}  // namespace flowtap
