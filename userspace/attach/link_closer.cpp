// SPDX-License-Identifier: Apache-2.0
#include "attach/link_closer.h"

#include <algorithm>

namespace flowtap {

LinkCloser::~LinkCloser() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void LinkCloser::close(pid_t pid, std::vector<Link> links) {
    {
        const std::lock_guard lock(mutex_);
        batches_.push_back({pid, std::move(links)});
    }
    changed_.notify_all();
}

bool LinkCloser::closing(pid_t pid) {
    const std::lock_guard lock(mutex_);
    return is_left(pid);
}

void LinkCloser::wait_for(pid_t pid) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !is_left(pid); });
}

bool LinkCloser::is_left(pid_t pid) const {
    return std::ranges::find(batches_, pid, &Batch::pid) != batches_.end();
}

void LinkCloser::run() {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return stopping_ || !batches_.empty(); });
        if (batches_.empty()) return;
        std::vector<Link> closing = std::move(batches_.front().links);
        lock.unlock();
        closing.clear();
        lock.lock();
        batches_.pop_front();
        changed_.notify_all();
    }
}

}  // namespace flowtap
