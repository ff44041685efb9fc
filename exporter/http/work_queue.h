// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/result.h"
#include "base/thread.h"

namespace flowtap {

// Threads that run jobs in order. The number of waiting jobs is limited.
class WorkQueue {
public:
    using Job = std::function<void()>;

    // Jobs must not throw. Errors: kEnvironment if not all threads can be started; then none is left.
    static Result<std::unique_ptr<WorkQueue>> make(std::size_t threads, std::size_t waiting,
                                                   const StartThread& start = start_thread);
    WorkQueue(const WorkQueue&) = delete;
    WorkQueue& operator=(const WorkQueue&) = delete;
    // Runs the waiting jobs, then ends the threads.
    ~WorkQueue();

    // Returns false, without effect, if too many jobs wait or the queue is ending.
    [[nodiscard]] bool submit(Job job);

private:
    explicit WorkQueue(std::size_t waiting) : limit_(waiting) {}
    void work();

    const std::size_t limit_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Job> jobs_;  // guarded by mutex_
    bool ending_ = false;   // likewise
    std::vector<std::jthread> threads_;
};

}  // namespace flowtap
