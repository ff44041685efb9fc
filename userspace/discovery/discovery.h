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

// A process to try to attach to.
struct Prospect {
    pid_t pid = 0;
    std::optional<pid_t> copy_of = {};  // the target that forked it, of which it is still an exact copy
    std::uint64_t began_ns = 0;         // its fork or exec (CLOCK_MONOTONIC), where the kernel told; else 0
};

// Which processes to try, and when: those chosen by command line (--match), all of them (--all), and those
// chosen by their number, which are tried again after an exec. It hears of beginnings from the kernel and
// looks through /proc for what it did not hear of. A command line may change, since a process can give itself
// a title; it is read again after the same pauses. A process is known by its number and its start time, since
// numbers are used again. Moments are CLOCK_MONOTONIC nanoseconds.
class Discovery {
public:
    // Errors: kUsage for a pattern that is no regular expression.
    static Result<Discovery> make(const std::vector<std::string>& patterns, bool all);

    // Whether the command line of this process is a wanted one.
    [[nodiscard]] bool wants(pid_t pid, const std::string& proc_root = "/proc") const;
    // Whether it looks for processes; else it only follows those it is told of.
    [[nodiscard]] bool searches() const { return all_ || !patterns_.empty(); }
    [[nodiscard]] bool takes_all() const { return all_; }

    // Chosen by its number, and attached to.
    void choose(pid_t pid);

    void forked(pid_t pid, pid_t parent, std::uint64_t now_ns);
    void became_another_program(pid_t pid, std::uint64_t now_ns);
    // It may fit now, and did not before: it has imported something.
    void changed(pid_t pid, std::uint64_t now_ns);
    // It may fit now or soon: it has loaded a library, which may have to be initialised. The pauses begin
    // anew.
    void loaded(pid_t pid, std::uint64_t now_ns);
    // Compares with /proc: finds what began and what ended unheard.
    void look_through(std::uint64_t now_ns, const std::string& proc_root = "/proc");

    // Those to be tried at this moment. One that is not settled then is due again after pauses that double,
    // from 0.1 s up to a minute.
    std::vector<Prospect> due(std::uint64_t now_ns, const std::string& proc_root = "/proc");
    // It was attached to: no more tries for this program of this process.
    void settled(pid_t pid);
    // Tried, but no target yet, or no more: whether it still may become one.
    [[nodiscard]] bool waits(pid_t pid) const;
    // How many copies of targets have ended, since the last call, before they were to be tried.
    [[nodiscard]] std::uint64_t take_copies_gone() { return std::exchange(copies_gone_, 0); }

private:
    static constexpr std::chrono::milliseconds kShortestPause{100};
    struct Candidate {
        std::uint64_t start_ticks = 0;  // 0: not looked at yet
        std::uint64_t next_ns = 0;
        std::chrono::nanoseconds pause = kShortestPause;
        Prospect prospect;
        std::uint64_t chosen = 0;  // its start time where it was chosen by its number; else 0
        bool wanted = false;
        bool settled = false;
    };

    void add(pid_t pid, std::uint64_t next_ns, std::uint64_t began_ns);
    // False: it is gone.
    bool inspect(pid_t pid, Candidate& candidate, const std::string& proc_root) const;

    std::vector<Pattern> patterns_;
    bool all_ = false;
    std::map<pid_t, Candidate> candidates_;
    std::uint64_t copies_gone_ = 0;
};

}  // namespace flowtap
