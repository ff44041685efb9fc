// SPDX-License-Identifier: Apache-2.0
#include "daemon/loop_call.h"

#include <sys/eventfd.h>

#include <cerrno>

namespace flowtap {

Result<std::unique_ptr<LoopCall>> LoopCall::make(Function function) {
    Fd wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!wake) return errno_error("create", "eventfd", errno);
    return std::unique_ptr<LoopCall>(new LoopCall(std::move(wake), std::move(function)));
}

Result<void> LoopCall::request_and_wait(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    const std::uint64_t mine = ++asked_;
    eventfd_write(wake_.get(), 1);
    changed_.wait_for(lock, patience, [&] { return served_ >= mine || closed_; });
    if (served_ >= mine) return last_;
    if (closed_) return Error{"wait for", "event loop", "flowtap is shutting down"};
    return Error{"wait for", "event loop", "no answer within " + std::to_string(patience.count()) + " ms",
                 "see /health"};
}

void LoopCall::close() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    changed_.notify_all();
}

void LoopCall::serve() {
    eventfd_t count = 0;
    eventfd_read(wake_.get(), &count);
    std::unique_lock lock(mutex_);
    const std::uint64_t accepted = asked_;
    lock.unlock();
    Result<void> done = function_();
    lock.lock();
    served_ = accepted;
    last_ = std::move(done);
    lock.unlock();
    changed_.notify_all();
}

}  // namespace flowtap
