// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "attach/kernel/probe_link.h"
#include "base/thread.h"

namespace flowtap {

// Closes links on threads of its own. The kernel restores the process's code at once, but then waits until no
// CPU can be inside a probe any more (kernel/events/uprobes.c, uprobe_unregister_sync()): some 50 ms for a
// link of many uprobes, several of which can wait at the same time; 0.1 s for each perf event, one after the
// other. A target would stop the event loop for as long.
class LinkCloser {
public:
    explicit LinkCloser(StartThread start = start_thread) : start_(std::move(start)) {}
    LinkCloser(const LinkCloser&) = delete;
    // Returns when all are closed.
    ~LinkCloser();

    // Returns at once, but where no thread can be started, when they are closed.
    void close(pid_t pid, std::vector<Link> links);
    // Whether a link of this process is left to close.
    [[nodiscard]] bool closing(pid_t pid);
    // Returns when none is.
    void wait_for(pid_t pid);

private:
    static constexpr std::size_t kMostThreads = 16;
    struct Waiting {
        pid_t pid;
        Link link;
    };

    void run();
    void start_threads();
    // Closes the first that waits; unlocks meanwhile.
    void close_one(std::unique_lock<std::mutex>& lock);

    const StartThread start_;
    std::mutex mutex_;  // guards what follows
    std::condition_variable changed_;
    std::deque<Waiting> waiting_;
    std::map<pid_t, std::size_t> unclosed_;  // links by process: waiting, and being closed
    std::size_t idle_ = 0;                   // threads that wait for work
    bool stopping_ = false;
    std::vector<std::jthread> threads_;  // started as they are needed
};

}  // namespace flowtap
