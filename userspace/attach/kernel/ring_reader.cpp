// SPDX-License-Identifier: Apache-2.0
#include "attach/kernel/ring_reader.h"

#include <linux/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <utility>

#include "base/memory_limit.h"

namespace flowtap {
namespace {

std::size_t page_size() { return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)); }

// The kernel's writes are outside the C++ memory model: read them like those of another thread.
template <typename T>
std::atomic_ref<T> shared(void* place) {
    return std::atomic_ref<T>(*static_cast<T*>(place));
}

Error map_error(int error) {
    Error result = errno_error("map", "a BPF ring buffer", error);
    if (error == ENOMEM) result.remedy = kAllowMemory;
    return result;
}

constexpr std::uint64_t round_up(std::uint64_t bytes) { return (bytes + 7) & ~std::uint64_t{7}; }

}  // namespace

Result<RingReader> RingReader::open(int map_fd, std::size_t bytes) {
    const std::size_t page = page_size();
    void* consumer = ::mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, map_fd, 0);
    if (consumer == MAP_FAILED) return map_error(errno);
    void* producer =
        ::mmap(nullptr, page + 2 * bytes, PROT_READ, MAP_SHARED, map_fd, static_cast<off_t>(page));
    if (producer == MAP_FAILED) {
        const int error = errno;
        ::munmap(consumer, page);
        return map_error(error);
    }
    return RingReader(bytes, consumer, producer);
}

RingReader::RingReader(RingReader&& other) noexcept
    : bytes_(other.bytes_),
      consumer_(std::exchange(other.consumer_, nullptr)),
      producer_(std::exchange(other.producer_, nullptr)) {}

RingReader& RingReader::operator=(RingReader&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(consumer_, other.consumer_);
    std::swap(producer_, other.producer_);
    return *this;
}

RingReader::~RingReader() {
    if (consumer_ != nullptr) ::munmap(consumer_, page_size());
    if (producer_ != nullptr) ::munmap(producer_, page_size() + 2 * bytes_);
}

std::uint64_t RingReader::produced() const {
    return shared<unsigned long>(producer_).load(std::memory_order_acquire);
}

std::uint64_t RingReader::consumed() const {
    return shared<unsigned long>(consumer_).load(std::memory_order_relaxed);
}

std::size_t RingReader::read_until(std::uint64_t position, const Handler& handler) {
    std::byte* data = static_cast<std::byte*>(producer_) + page_size();
    std::size_t records = 0;
    std::uint64_t at = consumed();
    while (at < position) {
        std::byte* header = data + (at & (bytes_ - 1));
        const std::uint32_t length = shared<std::uint32_t>(header).load(std::memory_order_acquire);
        if ((length & BPF_RINGBUF_BUSY_BIT) != 0) break;
        const std::uint32_t size = length & ~static_cast<std::uint32_t>(BPF_RINGBUF_DISCARD_BIT);
        if (size == length) {
            handler({header + BPF_RINGBUF_HDR_SZ, size});
            ++records;
        }
        at += round_up(size + BPF_RINGBUF_HDR_SZ);
        shared<unsigned long>(consumer_).store(at, std::memory_order_release);
    }
    return records;
}

}  // namespace flowtap
