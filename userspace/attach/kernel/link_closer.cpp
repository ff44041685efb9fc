// SPDX-License-Identifier: Apache-2.0
#include "attach/kernel/link_closer.h"

#include <algorithm>

namespace flowtap {

LinkCloser::~LinkCloser() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    threads_.clear();
}

void LinkCloser::close(pid_t pid, std::vector<Link> links) {
    if (links.empty()) return;
    std::unique_lock lock(mutex_);
    unclosed_[pid] += links.size();
    for (Link& link : links) waiting_.push_back({pid, std::move(link)});
    start_threads();
    changed_.notify_all();
    while (threads_.empty() && !waiting_.empty()) close_one(lock);
}

// With fewer threads than wanted, closing takes longer.
void LinkCloser::start_threads() {
    const std::size_t wanted = waiting_.size() - std::min(idle_, waiting_.size());
    for (std::size_t i = 0; i < wanted && threads_.size() < kMostThreads; i++) {
        Result<std::jthread> thread = start_("removes probes", [this](const std::stop_token&) { run(); });
        if (!thread) return;
        threads_.push_back(std::move(*thread));
    }
}

bool LinkCloser::closing(pid_t pid) {
    const std::lock_guard lock(mutex_);
    return unclosed_.contains(pid);
}

void LinkCloser::wait_for(pid_t pid) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !unclosed_.contains(pid); });
}

void LinkCloser::run() {
    std::unique_lock lock(mutex_);
    while (true) {
        idle_++;
        changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
        idle_--;
        if (waiting_.empty()) return;
        close_one(lock);
    }
}

void LinkCloser::close_one(std::unique_lock<std::mutex>& lock) {
    const pid_t pid = waiting_.front().pid;
    {
        const Link closing = std::move(waiting_.front().link);
        waiting_.pop_front();
        lock.unlock();
    }
    lock.lock();
    if (--unclosed_[pid] == 0) unclosed_.erase(pid);
    changed_.notify_all();
}

}  // namespace flowtap
