// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace flowtap {

// Waits for descriptors, timers and signals on one thread and calls their callbacks.
class EventLoop {
public:
    using Callback = std::function<void()>;

    static Result<EventLoop> make();

    // Calls the callback while fd is readable. fd must stay open as long as the loop.
    Result<void> on_readable(int fd, Callback callback);
    // The first call comes after one period.
    Result<void> every(std::chrono::milliseconds period, Callback callback);
    // Blocks these signals in this thread and in threads that it starts later, and delivers them to the
    // callback.
    Result<void> on_signals(const std::vector<int>& signals, std::function<void(int signal)> callback);

    // Runs until stop().
    Result<void> run();
    void stop() { stopped_ = true; }

private:
    explicit EventLoop(Fd epoll) : epoll_(std::move(epoll)) {}
    Result<void> own(Fd fd, Callback callback);

    Fd epoll_;
    std::vector<Fd> owned_;
    std::map<int, Callback> callbacks_;
    bool stopped_ = false;
};

}  // namespace flowtap
