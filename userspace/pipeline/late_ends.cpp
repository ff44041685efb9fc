// SPDX-License-Identifier: Apache-2.0
#include "pipeline/late_ends.h"

#include <algorithm>

namespace flowtap {
namespace {

void sort_by_time(std::vector<EndEvent>& ends) {
    std::ranges::stable_sort(ends, {}, [](const EndEvent& end) { return end.header.time_ns; });
}

const ft_header* begin_of(const Event& event) {
    if (const auto* begin = std::get_if<BeginEvent>(&event)) return &begin->header;
    if (const auto* created = std::get_if<CreatedEvent>(&event)) return &created->begin.header;
    return nullptr;
}

const ft_header* end_of_process(const Event& event) {
    if (const auto* exit = std::get_if<ProcessExitEvent>(&event)) return &exit->header;
    if (const auto* exec = std::get_if<ExecEvent>(&event)) return &exec->header;
    return nullptr;
}

}  // namespace

void LateEnds::add(const EndEvent& end, std::uint64_t begin_before) {
    const Thread thread{end.header.tgid, end.header.tid};
    threads_[thread].push_back({end, begin_before});
    keys_.emplace(Key{end.header.tgid, end.header.key}, thread);
    ++size_;
}

void LateEnds::take_oldest(const Thread& thread, std::vector<EndEvent>& taken) {
    const auto found = threads_.find(thread);
    std::deque<Late>& ends = found->second;
    const EndEvent& end = ends.front().end;
    auto [key, last] = keys_.equal_range({end.header.tgid, end.header.key});
    while (key != last && key->second != thread) ++key;
    if (key != last) keys_.erase(key);
    taken.push_back(end);
    ends.pop_front();
    if (ends.empty()) threads_.erase(found);
    --size_;
}

void LateEnds::take_until(const Thread& thread, std::uint64_t time_ns, std::vector<EndEvent>& taken) {
    for (auto found = threads_.find(thread);
         found != threads_.end() && found->second.front().end.header.time_ns <= time_ns;
         found = threads_.find(thread))
        take_oldest(thread, taken);
}

std::vector<EndEvent> LateEnds::take_before(const Event& event) {
    std::vector<EndEvent> taken;
    if (empty()) return taken;
    if (const ft_header* end = end_of_process(event)) return take_process(end->tgid, end->time_ns);
    const ft_header* header = header_of(event);
    if (header == nullptr) return taken;
    take_until({header->tgid, header->tid}, header->time_ns, taken);
    if (const ft_header* begin = begin_of(event)) {
        std::vector<Thread> threads;
        const auto [first, last] = keys_.equal_range({begin->tgid, begin->key});
        std::transform(first, last, std::back_inserter(threads), [](const auto& one) { return one.second; });
        for (const Thread& thread : threads) take_until(thread, begin->time_ns, taken);
    }
    sort_by_time(taken);
    return taken;
}

std::vector<EndEvent> LateEnds::take_begun_before(std::uint64_t position) {
    std::vector<EndEvent> taken;
    if (empty()) return taken;
    std::vector<Thread> threads;
    for (const auto& [thread, ends] : threads_) threads.push_back(thread);
    for (const Thread& thread : threads) {
        for (auto found = threads_.find(thread);
             found != threads_.end() && found->second.front().begin_before <= position;
             found = threads_.find(thread))
            take_oldest(thread, taken);
    }
    sort_by_time(taken);
    return taken;
}

std::vector<EndEvent> LateEnds::take_process(std::uint32_t tgid, std::uint64_t until_ns) {
    std::vector<EndEvent> taken;
    std::vector<Thread> threads;
    for (auto one = threads_.lower_bound({tgid, 0}); one != threads_.end() && one->first.first == tgid; ++one)
        threads.push_back(one->first);
    for (const Thread& thread : threads) take_until(thread, until_ns, taken);
    sort_by_time(taken);
    return taken;
}

}  // namespace flowtap
