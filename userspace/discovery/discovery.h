// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "discovery/pattern.h"

namespace flowtap {

// A process that may become a target and should be tried.
struct CandidateProcess {
    pid_t pid = 0;
    std::optional<pid_t> copy_of = {};  // the target that forked it; it has not called exec since
    std::uint64_t began_ns = 0;         // its fork or exec (CLOCK_MONOTONIC); 0: the kernel did not report it
};

// Whether a process has ended, or has given up its memory already, as it does before it ends.
bool is_ending(pid_t pid, const std::string& proc_root = "/proc");

// Decides which processes are tried, and when: those whose command line matches (--match), all of them
// (--all), and those named by PID, again after each exec. The kernel reports starts; a search of /proc finds
// those it could not report. A process can change its command line, so it is read again before each try. A
// process is identified by its PID and start time, because PIDs are reused. Times are CLOCK_MONOTONIC
// nanoseconds.
//
// ProcessTable holds what became of a candidate. This schedule is not part of it: it has an entry for every
// process of the machine, most of which are never tried, and a reload replaces it with the patterns while the
// targets stay as they are.
class Discovery {
public:
    // Errors: kUsage if a pattern is not a regular expression.
    static Result<Discovery> make(const std::vector<std::string>& patterns, bool all);

    // Whether the command line of this process matches.
    [[nodiscard]] bool wants(pid_t pid, const std::string& proc_root = "/proc") const;
    // Whether it searches for processes. Otherwise it only follows processes named by PID.
    [[nodiscard]] bool searches() const { return all_ || !patterns_.empty(); }
    [[nodiscard]] bool takes_all() const { return all_; }

    // The process was named by its PID, and flowtap is attached to it.
    void choose(pid_t pid);

    void forked(pid_t pid, pid_t parent, std::uint64_t now_ns);
    void became_another_program(pid_t pid, std::uint64_t now_ns);
    // The process imported a module; try it again.
    void changed(pid_t pid, std::uint64_t now_ns);
    // The process loaded a library, which may not be initialised yet: try it again, with the shortest pauses.
    void loaded(pid_t pid, std::uint64_t now_ns);
    // Compares with /proc: finds processes whose start or end was not reported.
    void search_proc(std::uint64_t now_ns, const std::string& proc_root = "/proc");

    // The candidates to try now. A candidate that is not attached to then is due again after pauses that
    // double, from 0.1 s to a minute.
    std::vector<CandidateProcess> due(std::uint64_t now_ns, const std::string& proc_root = "/proc");
    // The process was attached to: this program is not tried again.
    void attached(pid_t pid);
    // Whether the process is still a candidate.
    [[nodiscard]] bool waits(pid_t pid) const;
    // Copies of targets that ended before they were due, since the last call. Returns the target of each.
    [[nodiscard]] std::vector<pid_t> take_copies_gone() { return std::exchange(copies_gone_, {}); }

private:
    static constexpr std::chrono::milliseconds kShortestPause{100};
    //   state    | event                             | state after
    //   ---------|-----------------------------------|----------------------
    //   (none)   | found by a search, fork           | new
    //   (none)   | named by PID                      | done
    //   new      | inspected                         | wanted or unwanted
    //   unwanted | inspected: its command line fits  | wanted
    //   any      | attached                          | done
    //   any      | exec, or the PID's start differs  | new
    //   any      | gone                              | (none)
    enum class State : std::uint8_t {
        kNew,       // not inspected yet
        kUnwanted,  // its command line does not fit, but may change
        kWanted,    // to be tried
        kDone       // this program is not tried again, whatever becomes of the attachment
    };
    struct Entry {
        State state = State::kNew;
        std::uint64_t start_ticks = 0;  // 0: not inspected yet
        std::uint64_t next_ns = 0;      // when it is inspected next
        std::chrono::nanoseconds pause = kShortestPause;
        CandidateProcess candidate;
        std::uint64_t chosen = 0;  // its start time if it was named by PID; otherwise 0
    };

    void add(pid_t pid, std::uint64_t next_ns, std::uint64_t began_ns);
    // A process ended before it was due: a copy of this target; nullopt: it was no copy.
    void add_copy_gone(std::optional<pid_t> copy_of);
    // Returns false if the process is gone.
    bool inspect(pid_t pid, Entry& entry, const std::string& proc_root) const;

    std::vector<Pattern> patterns_;
    bool all_ = false;
    std::map<pid_t, Entry> entries_;
    std::vector<pid_t> copies_gone_;
};

}  // namespace flowtap
