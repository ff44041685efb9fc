// SPDX-License-Identifier: Apache-2.0
#include "log/frame_sink.h"

#include <cerrno>
#include <string_view>

namespace flowtap {

bool FrameSink::show(const std::string& frame) {
    if (!flush()) return false;
    waiting_ = shown_++ > 0 ? "\n" + frame : frame;
    flush();
    return true;
}

bool FrameSink::flush() {
    std::string_view left = waiting_;
    while (!left.empty() && !closed_) {
        const ssize_t taken = output_.write(left);
        if (taken < 0 && errno == EINTR) continue;
        if (taken < 0 && errno == EAGAIN) break;
        if (taken <= 0) closed_ = true;
        if (taken > 0) left.remove_prefix(static_cast<std::size_t>(taken));
    }
    waiting_.erase(0, waiting_.size() - left.size());
    return waiting_.empty();
}

}  // namespace flowtap
