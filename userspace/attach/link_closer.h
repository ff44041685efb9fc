// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <list>
#include <mutex>
#include <thread>
#include <vector>

#include "attach/bpf_object.h"

namespace flowtap {

// Closes links on a thread of its own. The kernel restores the process's code at once, but then waits until
// no CPU can be inside the probe any more: about 0.1 s for each uprobe, one after the other
// (kernel/events/uprobes.c, uprobe_unregister_sync(), under trace_uprobe's event_mutex). A target with 30 of
// them would stop the event loop for seconds.
class LinkCloser {
public:
    LinkCloser() : thread_([this] { run(); }) {}
    LinkCloser(const LinkCloser&) = delete;
    // Returns when all are closed.
    ~LinkCloser();

    void close(pid_t pid, std::vector<Link> links);
    // Whether a link of this process is left to close.
    [[nodiscard]] bool closing(pid_t pid);
    // Returns when none is.
    void wait_for(pid_t pid);

private:
    struct Batch {
        pid_t pid;
        std::vector<Link> links;
    };

    void run();
    [[nodiscard]] bool is_left(pid_t pid) const;

    std::mutex mutex_;  // guards what follows, up to the thread
    std::condition_variable changed_;
    std::list<Batch> batches_;  // the front one is being closed
    bool stopping_ = false;
    std::thread thread_;  // last: it uses all of the above
};

}  // namespace flowtap
