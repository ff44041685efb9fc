// SPDX-License-Identifier: Apache-2.0
// A child process for the self-test to probe. It carries out tasks that trigger probes, and reports how often
// it triggered them and how much CPU time that took.
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "base/fd.h"
#include "base/result.h"

namespace flowtap {

enum class Task : std::uint8_t {
    kCallEmulated,  // in two threads, as all tasks below
    kCallSingleStepped,
    kCallSoon,  // the emulated function, once, after a short delay
    kWrite,     // the watched word; also in a thread started meanwhile
    kRead,
    kSwitch,         // between two threads on one CPU
    kBecomeAnother,  // exec, and end
};

struct TaskDone {
    std::uint64_t times = 0;
    double seconds = 0;  // CPU time of one, median of several rounds
};

class Subject {
public:
    // Errors: the kernel refuses a socket or a fork.
    static Result<Subject> start();

    // times is 0 if the process does not answer.
    TaskDone carry_out(Task task);
    // carry_out() in two steps.
    void begin(Task task);
    TaskDone finish();
    // After kBecomeAnother: waits for the end of the process. Returns whether it executed the other program.
    bool ended_as_another();

    [[nodiscard]] pid_t pid() const { return pid_; }
    // Address in its memory of the word that kWrite and kRead access, and the initial value of the word.
    [[nodiscard]] static std::uint64_t word_address();
    static constexpr std::uint64_t kWord = 0x466c6f7774617021;

private:
    Subject(pid_t pid, Fd channel) : pid_(pid), channel_(std::move(channel)) {}

    pid_t pid_;
    Fd channel_;  // carries tasks and answers
};

}  // namespace flowtap
