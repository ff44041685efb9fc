// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/eventfd.h>

#include "base/fd.h"

namespace flowtap {

// Wakes a thread from poll(). The thread must clear it before it looks for work.
class Wake {
public:
    Wake() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

    [[nodiscard]] int fd() const { return fd_.get(); }
    [[nodiscard]] bool valid() const { return static_cast<bool>(fd_); }

    // Any thread.
    void ring() const { ::eventfd_write(fd_.get(), 1); }
    void clear() const {
        eventfd_t count = 0;
        ::eventfd_read(fd_.get(), &count);
    }

private:
    Fd fd_;
};

}  // namespace flowtap
