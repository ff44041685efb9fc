// SPDX-License-Identifier: Apache-2.0
#include "child.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <system_error>

namespace flowtap::system_test {
namespace {

constexpr uid_t kNobody = 65534;
constexpr int kNotStarted = 127;

std::system_error system_error(const std::string& what) { return {errno, std::generic_category(), what}; }

bool drop_privilege() {
    return ::setgroups(0, nullptr) == 0 && ::setgid(kNobody) == 0 && ::setuid(kNobody) == 0;
}

double seconds_of(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

int shell_status(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

}  // namespace

// All that the child needs, made before the fork: after it, only what is safe in a signal handler may be
// called.
struct Child::Start {
    std::vector<char*> arguments;
    Fd program;
    Fd input;
    User user;
};

void Child::become(const Start& start) const {
    ::dup2(start.input.get(), STDIN_FILENO);
    ::dup2(output_.fd(), STDOUT_FILENO);
    ::dup2(errors_.fd(), STDERR_FILENO);
    if (start.user == User::kNobody && !drop_privilege()) ::_exit(kNotStarted);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // By descriptor, since nobody may be barred from a directory above; by name otherwise, as scripts need
    // it.
    if (start.user == User::kNobody) ::fexecve(start.program.get(), start.arguments.data(), environ);
    ::execv(start.arguments.front(), start.arguments.data());
    ::_exit(kNotStarted);
}

Child::Child(const std::vector<std::string>& command, User user) {
    Start start{{}, Fd(::open(command.front().c_str(), O_RDONLY | O_CLOEXEC)), Fd(), user};
    if (!start.program) throw system_error(command.front());
    for (const std::string& argument : command)
        start.arguments.push_back(const_cast<char*>(argument.c_str()));
    start.arguments.push_back(nullptr);
    std::array<int, 2> ends = {};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw system_error("pipe");
    start.input = Fd(ends[0]);
    input_ = Fd(ends[1]);
    pid_ = ::fork();
    if (pid_ < 0) throw system_error("fork");
    if (pid_ == 0) become(start);
}

Child::~Child() {
    if (poll_status()) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

void Child::send_line(const std::string& line) {
    const std::string text = line + "\n";
    if (::write(input_.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
        throw system_error("write to process " + std::to_string(pid_));
}

std::optional<std::string> Child::line_so_far() {
    const std::string text = output_.text(consumed_);
    const auto end = text.find('\n');
    if (end == std::string::npos) return std::nullopt;
    consumed_ += end + 1;
    return text.substr(0, end);
}

std::string Child::next_line() {
    std::optional<std::string> line;
    bool ended = false;
    eventually([&] {
        ended = poll_status().has_value();  // before the last look: what it wrote is there once it has ended
        line = line_so_far();
        return line || ended;
    });
    if (line) return *line;
    throw std::runtime_error("process " + std::to_string(pid_) + (ended ? " ended" : " is silent") +
                             "; it said: " + output() + errors());
}

void Child::signal(int number) const {
    if (!status_) ::kill(pid_, number);
}

std::optional<int> Child::poll_status() {
    int status = 0;
    rusage used = {};
    if (!status_ && ::wait4(pid_, &status, WNOHANG, &used) == pid_) {
        status_ = shell_status(status);
        processor_seconds_ = seconds_of(used.ru_utime) + seconds_of(used.ru_stime);
    }
    return status_;
}

std::optional<int> Child::wait(std::chrono::milliseconds patience) {
    eventually([this] { return poll_status().has_value(); }, patience);
    return status_;
}

}  // namespace flowtap::system_test
