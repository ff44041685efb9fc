// SPDX-License-Identifier: Apache-2.0
#include "selftest/subject.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "base/thread.h"
#include "selftest/subject_work.h"
#include "selftest/tiny_program.h"

namespace flowtap {
namespace {

constexpr int kSubjectPatienceMs = 5000;  // for one task, which takes a few milliseconds

[[noreturn]] void be_subject(int channel) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    SubjectWork work;
    Task task{};
    while (::read(channel, &task, sizeof(task)) == sizeof(task)) {
        if (task == Task::kBecomeAnother) become_tiny_program();
        const TaskDone done = work.carry_out(task);
        if (::send(channel, &done, sizeof(done), MSG_NOSIGNAL) != sizeof(done)) break;
    }
    ::_exit(1);
}

}  // namespace

Result<Subject> Subject::start() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return errno_error("open", "socket pair", errno);
    Fd ours(ends[0]);
    const Fd theirs(ends[1]);
    const pid_t pid = ::fork();
    if (pid < 0) {
        return Error{"fork", "the process that is probed", std::strerror(errno), kRaiseProcessLimit,
                     Error::Kind::kEnvironment};
    }
    if (pid == 0) {
        ours = Fd();
        be_subject(theirs.get());
    }
    return Subject(pid, std::move(ours));
}

void Subject::begin(Task task) {
    // No answer comes from a process that has ended.
    if (::send(channel_.get(), &task, sizeof(task), MSG_NOSIGNAL) != sizeof(task)) channel_ = Fd();
}

TaskDone Subject::finish() {
    TaskDone done;
    pollfd answer = {channel_.get(), POLLIN, 0};
    if (!channel_ || ::poll(&answer, 1, kSubjectPatienceMs) != 1) return {};
    return ::read(channel_.get(), &done, sizeof(done)) == sizeof(done) ? done : TaskDone{};
}

TaskDone Subject::carry_out(Task task) {
    begin(task);
    return finish();
}

bool Subject::ended_as_another() {
    begin(Task::kBecomeAnother);
    int status = 0;
    return ::waitpid(pid_, &status, 0) == pid_ && WIFEXITED(status) &&
           WEXITSTATUS(status) == kTinyProgramStatus;
}

std::uint64_t Subject::word_address() { return SubjectWork::word_address(); }

}  // namespace flowtap
