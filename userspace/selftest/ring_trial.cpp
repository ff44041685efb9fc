// SPDX-License-Identifier: Apache-2.0
// Each of a few calls sends a record. The record must wake the reader, carry the time of this process's
// clock, and carry the word that was read from memory.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "bpf/selftest/selftest.h"
#include "selftest/test_bed.h"

namespace flowtap {
namespace {

using RingBuffer = std::unique_ptr<ring_buffer, Closes<ring_buffer__free>>;

constexpr int kRecords = 4;
constexpr int kPatienceMs = 100;

std::uint64_t now_ns() {
    timespec now = {};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

struct Received {
    std::uint64_t since_ns = 0;
    std::uint64_t on_time = 0;
    std::uint64_t words = 0;

    static int take(void* context, void* data, std::size_t size) {
        auto& received = *static_cast<Received*>(context);
        if (size != sizeof(ft_selftest_record)) return 0;
        const auto& record = *static_cast<const ft_selftest_record*>(data);
        received.words += record.word == Subject::kWord ? 1 : 0;
        received.on_time += received.since_ns <= record.time_ns && record.time_ns <= now_ns() ? 1 : 0;
        return 0;
    }
};

}  // namespace

void try_ring_buffer(TestBed& bed) {
    Received received;
    std::uint64_t woken = 0;
    std::uint64_t triggered = 0;
    const int records = bpf_map__fd(bed.object.skeleton().maps.records);
    const RingBuffer ring(ring_buffer__new(records, Received::take, &received, nullptr));
    if (!ring) return bed.add(refused(KernelMechanism::kRingBuffer, std::strerror(errno), {}));
    bed.object.counted().word_address = Subject::word_address();
    for (int i = 0; i < kRecords; i++) {
        received.since_ns = now_ns();
        bed.subject.begin(Task::kCallSoon);
        if (ring_buffer__poll(ring.get(), kPatienceMs) == 1) woken++;
        triggered += bed.subject.finish().times;
    }
    bed.object.counted().word_address = 0;
    bed.add(proof_of(KernelMechanism::kRingBuffer, std::min(woken, received.on_time), triggered));
    bed.add(proof_of(KernelMechanism::kUserMemory, received.words, triggered));
}

}  // namespace flowtap
