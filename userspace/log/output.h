// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string_view>

#include "base/fd.h"

namespace flowtap {

// Writes to an inherited descriptor without ever waiting for its reader, and without making it non-blocking
// for the other processes that share it.
class Output {
public:
    explicit Output(int fd);

    // As write(2). EAGAIN if the reader must read first.
    [[nodiscard]] ssize_t write(std::string_view text) const;
    // Waits at most this long until it can be written to.
    void wait(int patience_ms) const;

private:
    enum class Way {
        kSend,    // a socket
        kOwn,     // a pipe or terminal, reopened as non-blocking
        kPolled,  // one that cannot be reopened: written to as far as poll(2) allows
        kPlain,   // a file, which never blocks
    };

    const int fd_;
    Fd own_;
    Way way_ = Way::kPlain;
};

}  // namespace flowtap
