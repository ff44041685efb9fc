// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace flowtap {

// Threads that run jobs in the order they came; so many jobs may wait and no more.
class WorkQueue {
public:
    using Job = std::function<void()>;

    // Jobs must not throw. The threads inherit the caller's signal mask.
    WorkQueue(std::size_t threads, std::size_t waiting);
    WorkQueue(const WorkQueue&) = delete;
    WorkQueue& operator=(const WorkQueue&) = delete;
    // Runs what waits.
    ~WorkQueue();

    // False, and nothing done, when too many wait or the queue is ending.
    [[nodiscard]] bool submit(Job job);

private:
    void work();

    const std::size_t limit_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Job> jobs_;  // guarded by mutex_
    bool ending_ = false;   // likewise
    std::vector<std::jthread> threads_;
};

}  // namespace flowtap
