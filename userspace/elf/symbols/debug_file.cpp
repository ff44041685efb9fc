// SPDX-License-Identifier: Apache-2.0
#include "elf/symbols/debug_file.h"

#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <gelf.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <zlib.h>

#include <array>
#include <cstring>
#include <memory>
#include <string_view>

#include "elf/build_id.h"

namespace flowtap {
namespace {

constexpr std::string_view kDebugDirectory = "/usr/lib/debug";

struct CloseElf {
    void operator()(Elf* elf) const { elf_end(elf); }
};
using OpenElf = std::unique_ptr<Elf, CloseElf>;

// A regular file, by a path whose links are followed as a process with that root would. Another kind of file
// might block, or do something, when it is opened.
Fd open_below(const std::string& root, const std::string& path) {
    const Fd directory(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!directory) return {};
    open_how how = {};
    how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    Fd fd(static_cast<int>(::syscall(SYS_openat2, directory.get(), path.c_str(), &how, sizeof how)));
    struct stat status = {};
    if (!fd || ::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
    return fd;
}

std::string build_id_of(const Fd& fd) {
    elf_version(EV_CURRENT);
    const OpenElf elf(elf_begin(fd.get(), ELF_C_READ, nullptr));
    return elf ? read_build_id(elf.get()) : std::string();
}

std::optional<std::uint32_t> checksum_of(const Fd& fd) {
    constexpr off_t kLargest = off_t{4} << 30;
    struct stat status = {};
    if (::fstat(fd.get(), &status) != 0 || status.st_size > kLargest) return std::nullopt;
    std::vector<unsigned char> buffer(1 << 20);
    uLong sum = ::crc32(0, nullptr, 0);
    off_t at = 0;
    while (at < status.st_size) {
        const ssize_t got = ::pread(fd.get(), buffer.data(), buffer.size(), at);
        if (got <= 0) return std::nullopt;
        sum = ::crc32(sum, buffer.data(), static_cast<uInt>(got));
        at += got;
    }
    return static_cast<std::uint32_t>(sum);
}

std::string path_by_id(const std::string& build_id) {
    return std::string(kDebugDirectory) + "/.build-id/" + build_id.substr(0, 2) + "/" + build_id.substr(2) +
           ".debug";
}

std::string directory_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

std::vector<std::string> candidates(Elf* binary, const std::string& build_id, const std::string& path) {
    constexpr std::size_t kShortestId = 4;
    std::vector<std::string> found;
    if (build_id.size() >= kShortestId) found.push_back(path_by_id(build_id));
    GElf_Word checksum = 0;
    const char* link = dwelf_elf_gnu_debuglink(binary, &checksum);
    if (link == nullptr || std::strchr(link, '/') != nullptr || *link == '\0') return found;
    const std::string directory = directory_of(path);
    for (const std::string& where :
         {directory + "/", directory + "/.debug/", std::string(kDebugDirectory) + directory + "/"})
        found.push_back(where + link);
    return found;
}

bool belongs_to(const Fd& fd, Elf* binary, const std::string& build_id) {
    if (!build_id.empty()) return build_id_of(fd) == build_id;
    GElf_Word wanted = 0;
    return dwelf_elf_gnu_debuglink(binary, &wanted) != nullptr && checksum_of(fd) == wanted;
}

}  // namespace

std::optional<DebugFile> find_debug_file(Elf* binary, const std::string& build_id, const DebugSearch& search,
                                         std::vector<std::string>& tried) {
    for (const std::string& path : candidates(binary, build_id, search.binary)) {
        for (const std::string& root : search.roots) {
            Fd fd = open_below(root, path);
            if (fd && belongs_to(fd, binary, build_id))
                return DebugFile{std::move(fd), root == "/" ? path : root + path};
        }
        tried.push_back(path);
    }
    return std::nullopt;
}

std::optional<DebugFile> find_alternate_file(const Fd& debug_file, const DebugSearch& search) {
    elf_version(EV_CURRENT);
    const OpenElf elf(elf_begin(debug_file.get(), ELF_C_READ, nullptr));
    std::size_t names = 0;
    if (!elf || elf_getshdrstrndx(elf.get(), &names) != 0) return std::nullopt;
    Elf_Scn* section = nullptr;
    while ((section = elf_nextscn(elf.get(), section)) != nullptr) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) == nullptr) continue;
        const char* name = elf_strptr(elf.get(), names, header.sh_name);
        if (name == nullptr || std::string_view(name) != ".gnu_debugaltlink") continue;
        const Elf_Data* data = elf_rawdata(section, nullptr);
        if (data == nullptr || data->d_buf == nullptr) return std::nullopt;
        // A path that ends in a zero byte, then the build ID.
        const std::string_view text(static_cast<const char*>(data->d_buf), data->d_size);
        const std::size_t end = text.find('\0');
        if (end == std::string_view::npos) return std::nullopt;
        const std::string id = hexadecimal_id(text.substr(end + 1));
        if (id.size() < 4 || id.size() > 128) return std::nullopt;
        for (const std::string& root : search.roots) {
            Fd fd = open_below(root, path_by_id(id));
            if (fd && build_id_of(fd) == id) return DebugFile{std::move(fd), root + path_by_id(id)};
        }
        return std::nullopt;
    }
    return std::nullopt;
}

}  // namespace flowtap
