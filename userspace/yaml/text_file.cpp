// SPDX-License-Identifier: Apache-2.0
#include "yaml/text_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utf8.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/fd.h"
#include "yaml/load_errors.h"
#include "yaml/names.h"

namespace flowtap {
namespace {

constexpr const char* kTooLarge = "is larger than 1 MiB";
constexpr const char* kNotYaml = "check that it is a YAML file";
static_assert(FileLimits::kFileBytes == 1 << 20, "kTooLarge says it");

bool is_control(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\n' && c != '\r' && c != '\t') || byte == 0x7f;
}

Error unreadable(const std::string& path, std::string cause, std::string remedy) {
    return {"load profile", path, std::move(cause), std::move(remedy), Error::Kind::kUsage};
}

Error unreadable(const std::string& path, int error) {
    return unreadable(path, std::strerror(error), "check the path and its permissions");
}

// Reads at most one byte more than a file may have, so that the caller notices a larger file.
Result<std::string> read_bounded(const Fd& file, const std::string& path) {
    std::string text;
    char buffer[16384];
    while (text.size() <= FileLimits::kFileBytes) {
        const auto room = std::min(sizeof buffer, FileLimits::kFileBytes + 1 - text.size());
        const auto count = ::read(file.get(), buffer, room);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return unreadable(path, errno);
        if (count == 0) break;
        text.append(buffer, static_cast<std::size_t>(count));
    }
    return text;
}

}  // namespace

std::optional<TextFault> text_fault(std::string_view text) {
    if (text.size() > FileLimits::kFileBytes) return TextFault{0, kTooLarge, kNotYaml};
    const auto line_of = [&](auto at) { return static_cast<int>(1 + std::count(text.begin(), at, '\n')); };
    const auto control = std::find_if(text.begin(), text.end(), is_control);
    if (control != text.end()) {
        return TextFault{line_of(control),
                         "holds the control character " + flowtap::quoted({control, control + 1}), kNotYaml};
    }
    const auto invalid = utf8::find_invalid(text.begin(), text.end());
    if (invalid != text.end()) return TextFault{line_of(invalid), "is not UTF-8", "save it as UTF-8"};
    return std::nullopt;
}

Result<std::string> read_text_file(const std::string& path) {
    const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!file) return unreadable(path, errno);
    struct stat status = {};
    if (::fstat(file.get(), &status) != 0) return unreadable(path, errno);
    if (!S_ISREG(status.st_mode)) return unreadable(path, "is not a regular file", "name a YAML file");
    return read_bounded(file, path);
}

}  // namespace flowtap
