// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <utility>
#include <vector>

#include "pipeline/event_decoder.h"

namespace flowtap {

// Ends that came through the second buffer because the ring buffer was full. They arrive before events that
// precede them. Each waits until its begin was read, or until an event shows that its turn has come: the next
// of its thread, the next begin with its key, or the end of its process. Ends are returned in order of time.
class LateEnds {
public:
    // begin_before: a position of the ring buffer before which its begin lies.
    void add(const EndEvent& end, std::uint64_t begin_before);

    [[nodiscard]] bool empty() const { return size_ == 0; }
    [[nodiscard]] std::size_t size() const { return size_; }

    // The ends that come before this event.
    std::vector<EndEvent> take_before(const Event& event);
    // The ends whose begins lie before this position, up to which the ring buffer was read.
    std::vector<EndEvent> take_begun_before(std::uint64_t position);
    std::vector<EndEvent> take_process(std::uint32_t tgid, std::uint64_t until_ns);

private:
    struct Late {
        EndEvent end;
        std::uint64_t begin_before;
    };
    using Thread = std::pair<std::uint32_t, std::uint32_t>;  // tgid, tid
    using Key = std::pair<std::uint32_t, std::uint64_t>;     // tgid, key

    void take_oldest(const Thread& thread, std::vector<EndEvent>& taken);
    void take_until(const Thread& thread, std::uint64_t time_ns, std::vector<EndEvent>& taken);

    std::map<Thread, std::deque<Late>> threads_;
    std::multimap<Key, Thread> keys_;
    std::size_t size_ = 0;
};

}  // namespace flowtap
