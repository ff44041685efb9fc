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

// Ends that come beside the ring buffer, since they found it full: they are known sooner than what was told
// before them. Each waits until its begin was told, or until an event shows that its turn has come: the next
// of its thread, the next begin with its key, or the end of its process. What is taken is in the order of
// time.
class LateEnds {
public:
    // told_by: the position of the ring buffer before which its begin lies.
    void add(const EndEvent& end, std::uint64_t told_by);

    [[nodiscard]] bool empty() const { return size_ == 0; }
    [[nodiscard]] std::size_t size() const { return size_; }

    // Those that come before this event.
    std::vector<EndEvent> take_before(const Event& event);
    // Those whose begin was told, now that the ring buffer was read up to this position.
    std::vector<EndEvent> take_told(std::uint64_t position);
    std::vector<EndEvent> take_process(std::uint32_t tgid, std::uint64_t until_ns);

private:
    struct Late {
        EndEvent end;
        std::uint64_t told_by;
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
