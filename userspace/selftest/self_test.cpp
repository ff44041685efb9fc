// SPDX-License-Identifier: Apache-2.0
#include "selftest/self_test.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/fd.h"
#include "base/thread.h"
#include "machine/facts_json.h"
#include "selftest/tester.h"

namespace flowtap {
namespace {

constexpr int kRunPatienceMs = 20'000;       // as the message says; usually 0.1 s, emulated machines are slow
constexpr std::size_t kMostBytes = 1 << 16;  // of the result: fits into a pipe

MachineFacts untried(std::string why) {
    MachineFacts facts;
    facts.untried = std::move(why);
    return facts;
}

bool send(int to, const void* data, std::size_t size) {
    return ::write(to, data, size) == static_cast<ssize_t>(size);
}

void send_facts(int to, const MachineFacts& facts) {
    const std::string text = to_json(facts).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    const auto bytes = static_cast<std::uint32_t>(std::min(text.size(), kMostBytes));
    if (send(to, &bytes, sizeof(bytes))) send(to, text.data(), bytes);
}

// The tester may outlive the process that started it, so it must not keep that process's output open.
void close_output() {
    const Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(null.get(), standard);
}

[[noreturn]] void be_tester(int to) {
    close_output();
    const pid_t self = ::getpid();
    if (send(to, &self, sizeof(self)))
        try_mechanisms([&](const MachineFacts& facts) { send_facts(to, facts); });
    ::_exit(0);
}

// Starts a grandchild, so that nothing has to wait for its end.
bool start_tester(int to) {
    const pid_t child = ::fork();
    if (child < 0) return false;
    if (child == 0) {
        const pid_t tester = ::fork();
        if (tester == 0) be_tester(to);
        ::_exit(tester < 0 ? 1 : 0);
    }
    int status = 0;
    return ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// Returns whether all bytes arrived, each within kRunPatienceMs of the one before.
bool receive(int from, void* data, std::size_t size) {
    auto* bytes = static_cast<std::byte*>(data);
    while (size > 0) {
        pollfd ready = {from, POLLIN, 0};
        if (::poll(&ready, 1, kRunPatienceMs) != 1) return false;
        const ssize_t count = ::read(from, bytes, size);
        if (count <= 0) return false;
        bytes += count;
        size -= static_cast<std::size_t>(count);
    }
    return true;
}

std::optional<MachineFacts> receive_facts(int from) {
    std::uint32_t bytes = 0;
    if (!receive(from, &bytes, sizeof(bytes)) || bytes > kMostBytes) return std::nullopt;
    std::string text(bytes, '\0');
    if (!receive(from, text.data(), bytes)) return std::nullopt;
    return facts_of(nlohmann::json::parse(text, nullptr, false));
}

}  // namespace

MachineFacts self_test() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return untried(errno_error("open", "a pipe for the self-test", errno).message());
    const Fd from(ends[0]);
    Fd to(ends[1]);
    if (!start_tester(to.get()))
        return untried("the self-test's process cannot be started; " + std::string(kRaiseProcessLimit));
    to = Fd();
    pid_t tester = 0;
    if (!receive(from.get(), &tester, sizeof(tester)))
        return untried("the self-test's process ended before it began");
    if (std::optional<MachineFacts> facts = receive_facts(from.get())) return *std::move(facts);
    ::syscall(SYS_tgkill, tester, tester, SIGKILL);
    return untried("the self-test's process ended, or gave no result in 20 seconds");
}

}  // namespace flowtap
