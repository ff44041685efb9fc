// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "base/result.h"

namespace flowtap {

// The consumer's side of a BPF ring buffer (Linux, kernel/bpf/ringbuf.c). Unlike libbpf's it tells positions,
// so that it can be emptied up to a moment, and no further: a target that never rests does not keep the
// reader for ever. Positions count the bytes that were ever reserved.
class RingReader {
public:
    using Handler = std::function<void(std::span<const std::byte>)>;

    // bytes: the size of the map. Errors: the kernel's, of mmap().
    static Result<RingReader> open(int map_fd, std::size_t bytes);
    RingReader(RingReader&& other) noexcept;
    RingReader& operator=(RingReader&& other) noexcept;
    ~RingReader();

    // Everything that was reserved before this call lies before this position.
    [[nodiscard]] std::uint64_t produced() const;
    // Everything before this position was handed over.
    [[nodiscard]] std::uint64_t consumed() const;
    [[nodiscard]] std::size_t size() const { return bytes_; }

    // Hands over what lies before the position, but stops where a record is still being written. Returns how
    // many records there were.
    std::size_t read_until(std::uint64_t position, const Handler& handler);

private:
    RingReader(std::size_t bytes, void* consumer, void* producer)
        : bytes_(bytes), consumer_(consumer), producer_(producer) {}

    std::size_t bytes_;
    void* consumer_;  // a page, which we write
    void* producer_;  // a page, and twice the data one after the other
};

}  // namespace flowtap
