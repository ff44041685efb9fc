// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "log/output.h"

namespace flowtap {

// Frames of text, one below the other, of which the newest matters. Who shows one never waits for who reads
// it: while a frame is not read to its end, those that follow are skipped. Its owner must ignore SIGPIPE.
class FrameSink {
public:
    // The descriptor must stay open as long as this.
    explicit FrameSink(int fd) : output_(fd) {}

    // A blank line stands between two frames. False: skipped.
    bool show(const std::string& frame);
    // Goes on with what the reader has not taken. True: nothing is left of it.
    bool flush();
    // Nobody will ever read.
    [[nodiscard]] bool is_closed() const { return closed_; }
    // Those shown, the last one perhaps in part.
    [[nodiscard]] std::uint64_t shown() const { return shown_; }

private:
    const Output output_;
    std::string waiting_;
    std::uint64_t shown_ = 0;
    bool closed_ = false;
};

}  // namespace flowtap
