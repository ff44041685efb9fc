// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pthread.h>

#include <csignal>
#include <functional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "base/result.h"

namespace flowtap {

using ThreadWork = std::function<void(const std::stop_token& stop)>;
// `purpose` completes "start a thread that ...". Code that starts threads takes one of these as a parameter,
// so that tests can make it fail.
using StartThread = std::function<Result<std::jthread>(const std::string& purpose, ThreadWork work)>;

// While an object of this class exists, new threads are started with all signals blocked: the event loop
// handles them.
class SignalsBlocked {
public:
    SignalsBlocked() {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;
    ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

private:
    sigset_t before_{};
};

// The remedy if a process or thread cannot be started.
inline constexpr const char* kRaiseProcessLimit =
    "raise the limit on processes and threads: pids.max of the cgroup, TasksMax= of a systemd unit, "
    "--pids-limit of a "
    "container, or ulimit -u";

// The only place that starts threads. If a limit (pids.max, RLIMIT_NPROC, memory) prevents it, that is an
// error and not an exception. The thread has all signals blocked, and the privileges of its caller.
inline Result<std::jthread> start_thread(const std::string& purpose, ThreadWork work) {
    const SignalsBlocked blocked;
    try {
        return std::jthread(std::move(work));
    } catch (const std::system_error& refused) {
        return Error{"start", "a thread that " + purpose, std::strerror(refused.code().value()),
                     kRaiseProcessLimit, Error::Kind::kEnvironment};
    }
}

}  // namespace flowtap
