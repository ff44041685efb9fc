// SPDX-License-Identifier: Apache-2.0
#include "exporter/http/work_queue.h"

#include <utility>

namespace flowtap {

Result<std::unique_ptr<WorkQueue>> WorkQueue::make(std::size_t threads, std::size_t waiting,
                                                   const StartThread& start) {
    std::unique_ptr<WorkQueue> queue(new WorkQueue(waiting));
    for (std::size_t count = 0; count < threads; ++count) {
        Result<std::jthread> thread =
            start("answers HTTP requests", [raw = queue.get()](const std::stop_token&) { raw->work(); });
        if (!thread) return thread.error();
        queue->threads_.push_back(std::move(*thread));
    }
    return queue;
}

WorkQueue::~WorkQueue() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    changed_.notify_all();
    threads_.clear();
}

bool WorkQueue::submit(Job job) {
    {
        const std::lock_guard lock(mutex_);
        if (ending_ || jobs_.size() >= limit_) return false;
        jobs_.push_back(std::move(job));
    }
    changed_.notify_one();
    return true;
}

void WorkQueue::work() {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return ending_ || !jobs_.empty(); });
        if (jobs_.empty()) return;
        const Job job = std::move(jobs_.front());
        jobs_.pop_front();
        lock.unlock();
        job();
        lock.lock();
    }
}

}  // namespace flowtap
