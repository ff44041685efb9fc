// SPDX-License-Identifier: Apache-2.0
#include "daemon/event_loop.h"

#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

#include <array>
#include <cerrno>
#include <csignal>

namespace flowtap {

Result<EventLoop> EventLoop::make() {
    Fd epoll(epoll_create1(EPOLL_CLOEXEC));
    if (!epoll) return errno_error("create", "epoll", errno);
    return EventLoop(std::move(epoll));
}

Result<void> EventLoop::on_readable(int fd, Callback callback) {
    epoll_event event = {};
    event.events = EPOLLIN;
    event.data.fd = fd;
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0)
        return errno_error("watch", "descriptor", errno);
    callbacks_[fd] = std::move(callback);
    return {};
}

Result<void> EventLoop::own(Fd fd, Callback callback) {
    Result<void> done = on_readable(fd.get(), std::move(callback));
    owned_.push_back(std::move(fd));
    return done;
}

Result<void> EventLoop::every(std::chrono::milliseconds period, Callback callback) {
    Fd timer(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
    if (!timer) return errno_error("create", "timer", errno);
    itimerspec spec = {};
    spec.it_interval.tv_sec = period.count() / 1000;
    spec.it_interval.tv_nsec = (period.count() % 1000) * 1'000'000;
    spec.it_value = spec.it_interval;
    if (timerfd_settime(timer.get(), 0, &spec, nullptr) != 0) return errno_error("set", "timer", errno);
    const int fd = timer.get();
    return own(std::move(timer), [fd, callback = std::move(callback)] {
        std::uint64_t expirations = 0;
        if (::read(fd, &expirations, sizeof(expirations)) == sizeof(expirations)) callback();
    });
}

Result<void> EventLoop::on_signals(const std::vector<int>& signals, std::function<void(int)> callback) {
    sigset_t set;
    sigemptyset(&set);
    for (int signal : signals) sigaddset(&set, signal);
    if (const int error = pthread_sigmask(SIG_BLOCK, &set, nullptr))
        return errno_error("block", "signals", error);
    Fd reader(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!reader) return errno_error("create", "signalfd", errno);
    const int fd = reader.get();
    return own(std::move(reader), [fd, callback = std::move(callback)] {
        signalfd_siginfo info = {};
        if (::read(fd, &info, sizeof(info)) == sizeof(info)) callback(static_cast<int>(info.ssi_signo));
    });
}

Result<void> EventLoop::run() {
    std::array<epoll_event, 16> events;
    while (!stopped_) {
        const int count = epoll_wait(epoll_.get(), events.data(), events.size(), -1);
        if (count < 0 && errno != EINTR) return errno_error("wait for", "events", errno);
        for (int i = 0; i < count && !stopped_; i++)
            callbacks_.at(events[static_cast<std::size_t>(i)].data.fd)();
    }
    return {};
}

}  // namespace flowtap
