// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "log/output.h"

namespace flowtap {

// Writes frames of text, one below the other. Only the newest matters, so the writer never waits for the
// reader: frames are skipped until the current one has been read completely. The owner must ignore SIGPIPE.
class FrameSink {
public:
    // The descriptor must stay open as long as this object exists.
    explicit FrameSink(int fd) : output_(fd) {}

    // Frames are separated by a blank line. Returns false if the frame was skipped.
    bool show(const std::string& frame);
    // Continues with the current frame. Returns true when all of it has been written.
    bool flush();
    // Whether the reader is gone.
    [[nodiscard]] bool is_closed() const { return closed_; }
    // The number of frames shown; the last one may be incomplete.
    [[nodiscard]] std::uint64_t shown() const { return shown_; }

private:
    const Output output_;
    std::string waiting_;
    std::uint64_t shown_ = 0;
    bool closed_ = false;
};

}  // namespace flowtap
