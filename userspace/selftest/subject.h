// SPDX-License-Identifier: Apache-2.0
// A process of our own that lets itself be probed: it triggers what it is told to, and says how often it did
// and what that cost it.
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "base/fd.h"
#include "base/result.h"

namespace flowtap {

enum class Task : std::uint8_t {
    kCallEmulated,  // in two threads, as all that follows
    kCallSingleStepped,
    kCallSoon,  // the emulated one, once, a moment later
    kWrite,     // the watched word; also in a thread that begins meanwhile
    kRead,
    kSwitch,         // between two threads on one CPU
    kBecomeAnother,  // exec, and end
};

struct TaskDone {
    std::uint64_t times = 0;
    double seconds = 0;  // CPU time of each, the median of several rounds
};

class Subject {
public:
    // Errors: the kernel refused a socket or a fork.
    static Result<Subject> start();

    // Nothing done: it did not answer.
    TaskDone carry_out(Task task);
    // The same in two steps.
    void begin(Task task);
    TaskDone finish();
    // Waits for its end, after kBecomeAnother; whether it became another program first.
    bool ended_as_another();

    [[nodiscard]] pid_t pid() const { return pid_; }
    // In its memory: what kWrite and kRead access, and what stands there until then.
    [[nodiscard]] static std::uint64_t word_address();
    static constexpr std::uint64_t kWord = 0x466c6f7774617021;

private:
    Subject(pid_t pid, Fd channel) : pid_(pid), channel_(std::move(channel)) {}

    pid_t pid_;
    Fd channel_;  // tasks there, answers back
};

}  // namespace flowtap
