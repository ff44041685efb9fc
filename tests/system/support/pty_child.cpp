// SPDX-License-Identifier: Apache-2.0
#include "pty_child.h"

#include <fcntl.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <stdexcept>

namespace flowtap::system_test {

PtyChild::PtyChild(const std::vector<std::string>& command, unsigned short columns, unsigned short rows) {
    std::vector<char*> arguments;
    for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    const winsize size{.ws_row = rows, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
    int terminal = -1;
    pid_ = ::forkpty(&terminal, nullptr, nullptr, &size);
    if (pid_ < 0) throw std::runtime_error("forkpty failed");
    if (pid_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::execv(arguments.front(), arguments.data());
        ::_exit(127);
    }
    terminal_ = Fd(terminal);
    ::fcntl(terminal, F_SETFL, O_NONBLOCK);
    ::fcntl(terminal, F_SETFD, FD_CLOEXEC);
}

PtyChild::~PtyChild() {
    if (status_) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

const std::string& PtyChild::written() {
    std::array<char, 4096> buffer{};
    ssize_t count = 0;
    while ((count = ::read(terminal_.get(), buffer.data(), buffer.size())) > 0)
        written_.append(buffer.data(), static_cast<std::size_t>(count));
    return written_;
}

void PtyChild::type(const std::string& keys) const {
    if (::write(terminal_.get(), keys.data(), keys.size()) != static_cast<ssize_t>(keys.size()))
        throw std::runtime_error("the terminal takes no keys");
}

void PtyChild::resize(unsigned short columns, unsigned short rows) const {
    const winsize size{.ws_row = rows, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
    ::ioctl(terminal_.get(), TIOCSWINSZ, &size);
}

termios PtyChild::discipline() const {
    termios state{};
    ::tcgetattr(terminal_.get(), &state);
    return state;
}

std::optional<int> PtyChild::wait() {
    eventually([this] {
        (void)written();  // a terminal that nobody reads holds up who writes to it
        int status = 0;
        if (!status_ && ::waitpid(pid_, &status, WNOHANG) == pid_)
            status_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
        return status_.has_value();
    });
    return status_;
}

}  // namespace flowtap::system_test
