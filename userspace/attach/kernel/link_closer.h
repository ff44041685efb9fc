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

// Closes links on its own threads. The kernel restores the process's code at once, but then waits until no
// CPU can be inside a probe (kernel/events/uprobes.c, uprobe_unregister_sync()): about 50 ms for a
// uprobe_multi link, several of which can wait at the same time; 0.1 s for each perf event, one after the
// other. The event loop would stop for that time.
class LinkCloser {
public:
    explicit LinkCloser(StartThread start = start_thread) : start_(std::move(start)) {}
    LinkCloser(const LinkCloser&) = delete;
    // Returns when all links are closed.
    ~LinkCloser();

    // Returns at once. If no thread can be started, closes the links itself.
    void close(pid_t pid, std::vector<Link> links);
    // Whether a link of this process is not closed yet.
    [[nodiscard]] bool closing(pid_t pid);
    // Returns when all links of this process are closed.
    void wait_for(pid_t pid);

private:
    static constexpr std::size_t kMostThreads = 16;
    struct Waiting {
        pid_t pid;
        Link link;
    };

    void run();
    void start_threads();
    // Closes the first waiting link; unlocks meanwhile.
    void close_one(std::unique_lock<std::mutex>& lock);

    const StartThread start_;
    std::mutex mutex_;  // guards the members below
    std::condition_variable changed_;
    std::deque<Waiting> waiting_;
    std::map<pid_t, std::size_t> unclosed_;  // number of links by process, waiting or being closed
    std::size_t idle_ = 0;                   // threads that wait for work
    bool stopping_ = false;
    std::vector<std::jthread> threads_;  // started as they are needed
};

}  // namespace flowtap
