// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string_view>

#include "base/fd.h"

namespace flowtap {

// Writes to a descriptor of somebody else's without ever waiting for its reader, and without making it
// non-blocking for those that share it.
class Output {
public:
    explicit Output(int fd);

    // As write(2); EAGAIN where the reader has to read first.
    [[nodiscard]] ssize_t write(std::string_view text) const;
    // Until it takes some, at most so long.
    void wait(int patience_ms) const;

private:
    enum class Way {
        kSend,    // a socket
        kOwn,     // a pipe or terminal, opened anew as a non-blocking one
        kPolled,  // one that cannot be opened anew: as much as it takes at once
        kPlain,   // a file: nobody reads it
    };

    const int fd_;
    Fd own_;
    Way way_ = Way::kPlain;
};

}  // namespace flowtap
