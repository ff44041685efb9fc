// SPDX-License-Identifier: Apache-2.0
#include "daemon/drain_request.h"

#include <sys/eventfd.h>

#include <cerrno>

namespace flowtap {

Result<std::unique_ptr<DrainRequest>> DrainRequest::make() {
    Fd wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!wake) return errno_error("create", "eventfd", errno);
    return std::unique_ptr<DrainRequest>(new DrainRequest(std::move(wake)));
}

bool DrainRequest::request_and_wait(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    const std::uint64_t mine = ++asked_;
    eventfd_write(wake_.get(), 1);
    return changed_.wait_for(lock, patience, [&] { return closed_ || served_ >= mine; }) && served_ >= mine;
}

bool DrainRequest::asked() {
    const std::lock_guard lock(mutex_);
    return asked_ > served_;
}

void DrainRequest::close() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    changed_.notify_all();
}

std::uint64_t DrainRequest::accept() {
    eventfd_t count = 0;
    eventfd_read(wake_.get(), &count);
    const std::lock_guard lock(mutex_);
    return asked_;
}

void DrainRequest::served(std::uint64_t accepted) {
    {
        const std::lock_guard lock(mutex_);
        served_ = accepted;
    }
    changed_.notify_all();
}

}  // namespace flowtap
