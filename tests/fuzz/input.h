// SPDX-License-Identifier: Apache-2.0
// What fuzzers are given, as the code under test wants it.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/fd.h"

// Called for each input; a crash, a sanitizer's report or a time-out is a finding.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace flowtap::fuzz {

// What must hold whatever the input is.
inline void require(bool holds) {
    if (!holds) std::abort();
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

// A file with these contents, at a path of this process.
class File {
public:
    explicit File(std::string_view contents) : fd_(::memfd_create("fuzz", MFD_CLOEXEC)) {
        require(static_cast<bool>(fd_));
        require(::write(fd_.get(), contents.data(), contents.size()) ==
                static_cast<ssize_t>(contents.size()));
    }
    [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(fd_.get()); }
    [[nodiscard]] Fd descriptor() const { return Fd(::fcntl(fd_.get(), F_DUPFD_CLOEXEC, 0)); }

private:
    Fd fd_;
};

// Takes an input apart from its begin on; what is missing at its end is zero.
class Bytes {
public:
    Bytes(const std::uint8_t* data, std::size_t size) : left_(std::as_bytes(std::span(data, size))) {}

    [[nodiscard]] bool empty() const { return left_.empty(); }
    template <typename T>
    requires std::is_trivially_copyable_v<T> T take() {
        T value = {};
        fill(std::as_writable_bytes(std::span(&value, 1)));
        return value;
    }
    std::uint32_t below(std::uint32_t limit) { return take<std::uint8_t>() % limit; }
    void fill(std::span<std::byte> out) {
        const std::size_t size = std::min(out.size(), left_.size());
        if (size != 0) std::memcpy(out.data(), left_.data(), size);
        left_ = left_.subspan(size);
    }
    std::string_view take_text(std::size_t most) {
        const auto bytes = left_.first(std::min(most, left_.size()));
        left_ = left_.subspan(bytes.size());
        return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    }
    std::string_view rest() { return take_text(left_.size()); }

private:
    std::span<const std::byte> left_;
};

}  // namespace flowtap::fuzz
