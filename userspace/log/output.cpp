// SPDX-License-Identifier: Apache-2.0
#include "log/output.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <string>

namespace flowtap {
namespace {

// A pipe that poll(2) reports as writable has room for this many bytes.
constexpr std::size_t kTakenAtOnce = PIPE_BUF;

Fd opened_anew(int fd) {
    const std::string path = "/proc/self/fd/" + std::to_string(fd);
    return Fd(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

short polled(int fd, int patience_ms) {
    pollfd asked = {fd, POLLOUT, 0};
    return ::poll(&asked, 1, patience_ms) > 0 ? asked.revents : short{0};
}

}  // namespace

Output::Output(int fd) : fd_(fd) {
    struct stat status = {};
    if (::fstat(fd, &status) != 0 || S_ISREG(status.st_mode)) return;
    if (S_ISSOCK(status.st_mode)) {
        way_ = Way::kSend;
        return;
    }
    if (S_ISFIFO(status.st_mode) || ::isatty(fd) == 1) own_ = opened_anew(fd);
    way_ = own_ ? Way::kOwn : Way::kPolled;
}

ssize_t Output::write(std::string_view text) const {
    switch (way_) {
        case Way::kSend:
            return ::send(fd_, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        case Way::kOwn:
            return ::write(own_.get(), text.data(), text.size());
        case Way::kPolled:
            if (polled(fd_, 0) == 0) {
                errno = EAGAIN;
                return -1;
            }
            return ::write(fd_, text.data(), std::min(text.size(), kTakenAtOnce));
        case Way::kPlain:
            break;
    }
    return ::write(fd_, text.data(), text.size());
}

void Output::wait(int patience_ms) const { (void)polled(fd_, patience_ms); }

}  // namespace flowtap
