// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

namespace flowtap {

// One version of one file: a file that is replaced has another inode, one that is written to another time of
// change, which no program can set.
struct FileIdentity {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t size = 0;
    std::int64_t modified_ns = 0;
    std::int64_t changed_ns = 0;

    auto operator<=>(const FileIdentity&) const =
        default;  // NOLINT(modernize-use-nullptr): takes the 0 in it for one

    static FileIdentity of(const struct stat& status) {
        const auto nanoseconds = [](const timespec& time) {
            return time.tv_sec * 1'000'000'000 + time.tv_nsec;
        };
        return {status.st_dev, status.st_ino, status.st_size, nanoseconds(status.st_mtim),
                nanoseconds(status.st_ctim)};
    }
    static std::optional<FileIdentity> at(const std::string& path) {
        struct stat status = {};
        return ::stat(path.c_str(), &status) == 0 ? std::optional(of(status)) : std::nullopt;
    }
};

}  // namespace flowtap
