// SPDX-License-Identifier: Apache-2.0
// What code says on a machine that lacks something, in a process of its own that can be made such a machine.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

namespace flowtap::test {

// Runs the body in a child, whose limits, privileges and filters are lost with it. Returns its text.
inline std::string in_child(const std::function<std::string()>& body) {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        const std::string text = body();
        const ssize_t written = ::write(ends[1], text.data(), text.size());
        ::_exit(written == static_cast<ssize_t>(text.size()) ? 0 : 1);
    }
    ::close(ends[1]);
    std::string text(4096, '\0');
    const ssize_t got = ::read(ends[0], text.data(), text.size());
    text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    ::close(ends[0]);
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    return text;
}

// A system call, and optionally the value of its first argument.
struct RefusedCall {
    unsigned number;
    std::optional<unsigned> first_argument = {};
};

// From here on, the kernel does this at these calls of this process and its children: SECCOMP_RET_*.
inline void filter_calls(std::initializer_list<RefusedCall> calls, unsigned action) {
    std::vector<sock_filter> filter = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
    };
    const sock_filter refuse = BPF_STMT(BPF_RET | BPF_K, action);
    for (const RefusedCall& call : calls) {
        if (!call.first_argument) {
            filter.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call.number, 0, 1));
            filter.push_back(refuse);
            continue;
        }
        filter.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call.number, 0, 3));
        filter.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args)));
        filter.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, *call.first_argument, 0, 1));
        filter.push_back(refuse);
        filter.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)));
    }
    filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
    const sock_fprog program = {static_cast<unsigned short>(filter.size()), filter.data()};
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        ::_exit(2);
}

// The kernel answers these calls with `error`. For the body of in_child().
inline void refuse_calls(std::initializer_list<RefusedCall> calls, int error) {
    filter_calls(calls, SECCOMP_RET_ERRNO | static_cast<unsigned>(error));
}

// Who makes one of these calls ends. For the body of in_child().
inline void end_at_calls(std::initializer_list<RefusedCall> calls) {
    filter_calls(calls, SECCOMP_RET_KILL_PROCESS);
}

}  // namespace flowtap::test
