// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "base/result.h"

namespace flowtap {

// The consumer side of a BPF ring buffer (Linux, kernel/bpf/ringbuf.c). Unlike libbpf's reader, it knows
// positions, so it can drain the buffer up to a given moment: a target that never stops writing does not keep
// the reader for ever. Positions count all bytes that were ever reserved.
class RingReader {
public:
    using Handler = std::function<void(std::span<const std::byte>)>;

    // bytes: the size of the map. Errors: those of mmap().
    static Result<RingReader> open(int map_fd, std::size_t bytes);
    RingReader(RingReader&& other) noexcept;
    RingReader& operator=(RingReader&& other) noexcept;
    ~RingReader();

    // Everything that was reserved before this call lies before this position.
    [[nodiscard]] std::uint64_t produced() const;
    // Everything before this position was passed to a handler.
    [[nodiscard]] std::uint64_t consumed() const;
    [[nodiscard]] std::size_t size() const { return bytes_; }

    // Passes the records before the position to the handler, but stops at a record that is still being
    // written. Returns the number of records.
    std::size_t read_until(std::uint64_t position, const Handler& handler);

private:
    RingReader(std::size_t bytes, void* consumer, void* producer)
        : bytes_(bytes), consumer_(consumer), producer_(producer) {}

    std::size_t bytes_;
    void* consumer_;  // one page, written by us
    void* producer_;  // one page, then the data mapped twice in a row
};

}  // namespace flowtap
