// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "daemon/collector.h"
#include "discovery/discovery.h"

namespace flowtap {

// Attaches to candidate processes as discovery finds them, and polls those that no profile fits yet. It polls
// each interpreter's number of modules and each process's number of executable pages, because reading a
// number is cheap and trying to attach is not.
class TargetFinder {
public:
    // Called after an attach. gap_ns: how long the process ran before, if the kernel reported its start.
    using OnAttached =
        std::function<void(const CandidateProcess& candidate, std::optional<std::uint64_t> gap_ns)>;

    // The collector must outlive the finder.
    TargetFinder(Collector& collector, Discovery discovery, OnAttached on_attached);

    // Uses these rules from now on. Attachments stay, as if these rules had found their processes.
    void search(Discovery discovery);
    [[nodiscard]] const Discovery& discovery() const { return discovery_; }

    // Attaches to a process named by its PID, now and again after each exec. Errors: as
    // TargetRegistry::add().
    Result<void> choose(pid_t pid);
    // Handles reported starts and changes in waiting processes, and tries the candidates that are due. Takes
    // at most 20 ms, because events must be received meanwhile.
    void poll(std::uint64_t now_ns);
    // Whether the last poll() left candidates to be tried.
    [[nodiscard]] bool busy() const { return !queue_.empty(); }

private:
    void note_starts(std::uint64_t now_ns);
    void poll_imports(std::uint64_t now_ns);
    void poll_libraries(std::uint64_t now_ns);
    void queue(const std::vector<CandidateProcess>& due);
    void attempt(const CandidateProcess& candidate);
    [[nodiscard]] bool cannot_fit_yet(pid_t pid) const;
    void note_refused(pid_t pid, const Error& error, std::optional<std::uint64_t> cpu_ns);
    void note_unfit(pid_t pid, WaitingProcess& waiting, const Error& error);
    void forget_waiting_if(const std::function<bool(const WatchedProcess&)>& unwanted);

    Collector& collector_;
    Discovery discovery_;
    OnAttached on_attached_;
    std::deque<CandidateProcess> queue_;  // to be tried, the next first
    std::uint64_t starts_lost_ = 0;
    std::uint64_t next_search_ns_ = 0;
};

}  // namespace flowtap
