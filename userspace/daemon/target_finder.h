// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "daemon/collector.h"
#include "discovery/discovery.h"
#include "targets/import_watch.h"
#include "targets/target_planner.h"

namespace flowtap {

// Brings processes to the collector as discovery finds them, and watches those that no profile fits yet: an
// interpreter's count of modules is read, and every process's count of pages with code, since reading one
// number is cheap and trying is not.
class TargetFinder {
public:
    // A process was attached to. gap_ns: how long it ran before, as far as the kernel told.
    using OnAttached = std::function<void(const Prospect& prospect, std::optional<std::uint64_t> gap_ns)>;

    // The collector must outlive the finder.
    TargetFinder(Collector& collector, Discovery discovery, OnAttached on_attached);

    // Other rules from now on. What is attached stays so, as if it had been found by them.
    void search(Discovery discovery);
    [[nodiscard]] const Discovery& discovery() const { return discovery_; }

    // Chosen by its number: attached to, now and again after each exec. Errors: as Collector::add_target().
    Result<void> choose(pid_t pid);
    // What the kernel told since the last call, what has changed in processes that did not fit, and what is
    // due, as far as that takes 20 ms: events must be received meanwhile.
    void look(std::uint64_t now_ns);
    // Whether the last look() left something to be done.
    [[nodiscard]] bool busy() const { return !queue_.empty(); }

private:
    struct Waiting {
        std::optional<IdleInterpreter> interpreter;
        std::optional<Error> unsupported;  // why its interpreter cannot be watched
        ImportWatch imports;
        std::uint64_t first_ns = 0;                      // refused
        std::uint64_t tried_ns = 0;                      // last
        std::uint64_t not_before = 0;                    // to be tried again: it took too much
        std::uint32_t code_pages = 0;                    // as known then
        std::optional<std::uint64_t> tried_cpu_ns = {};  // used then
        std::optional<std::uint64_t> cpu_ns = {};        // the same, where it may fit only once it has run
    };

    void hear(std::uint64_t now_ns);
    void watch_imports(std::uint64_t now_ns);
    void watch_libraries(std::uint64_t now_ns);
    void queue(const std::vector<Prospect>& due);
    void attempt(const Prospect& prospect);
    [[nodiscard]] bool has_not_run(pid_t pid) const;
    void refused(pid_t pid, const Error& error, std::optional<std::uint64_t> cpu_ns);
    void note_unfit(pid_t pid, Waiting& waiting, const Error& error);
    void forget(pid_t pid);
    void forget_if(const std::function<bool(pid_t, const Waiting&)>& unwanted);

    Collector& collector_;
    Discovery discovery_;
    OnAttached on_attached_;
    std::map<pid_t, Waiting> waiting_;
    std::deque<Prospect> queue_;  // to be tried, the next first
    std::uint64_t starts_lost_ = 0;
    std::uint64_t next_search_ns_ = 0;
};

}  // namespace flowtap
