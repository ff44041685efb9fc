// SPDX-License-Identifier: Apache-2.0
#include "attach/kernel/hardware_watch.h"

#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <set>

#include "arch/architecture.h"
#include "base/thread.h"
#include "privilege/capability.h"

namespace flowtap {
namespace {

// A thread that starts during the loop may or may not inherit a watch.
constexpr int kMostAttempts = 20;

perf_event_attr attributes_of(std::uint64_t address, WatchFor wanted) {
    perf_event_attr attributes = {};
    attributes.type = PERF_TYPE_BREAKPOINT;
    attributes.size = sizeof(attributes);
    const bool writes = wanted == WatchFor::kWrites;
    attributes.bp_type = writes ? HW_BREAKPOINT_W : arch::kWatchOfReads;
    attributes.bp_addr = address;
    attributes.bp_len = writes ? HW_BREAKPOINT_LEN_8 : HW_BREAKPOINT_LEN_1;
    attributes.sample_period = 1;
    attributes.exclude_kernel = 1;
    attributes.exclude_hv = 1;
    attributes.disabled = 1;
    attributes.inherit = 1;
    attributes.inherit_thread = 1;
    return attributes;
}

Fd open_event(pid_t thread, std::uint64_t address, WatchFor wanted) {
    perf_event_attr attributes = attributes_of(address, wanted);
    constexpr int kAnyCpu = -1;
    constexpr int kNoGroup = -1;
    const auto open = [&] {
        return static_cast<int>(
            ::syscall(SYS_perf_event_open, &attributes, thread, kAnyCpu, kNoGroup, PERF_FLAG_FD_CLOEXEC));
    };
    Fd event(open());
    if (event || (errno != EINVAL && errno != E2BIG)) return event;
    // Before Linux 5.13 forked processes inherit it too; their hits are ignored.
    attributes.inherit_thread = 0;
    return Fd(open());
}

// Empty if they cannot be read; `error` has the reason then.
std::set<pid_t> threads_of(pid_t pid, std::error_code& error) {
    std::set<pid_t> threads;
    const std::string directory = "/proc/" + std::to_string(pid) + "/task";
    std::filesystem::directory_iterator entry(directory, error);
    for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error))
        threads.insert(std::stoi(entry->path().filename()));
    return error ? std::set<pid_t>{} : threads;
}

// The remedy if kernel.perf_event_paranoid is the reason; otherwise empty.
std::string remedy_for_paranoia() {
    constexpr int kNothingWithoutAdmin = 3;
    int level = 0;
    std::ifstream("/proc/sys/kernel/perf_event_paranoid") >> level;
    if (level < kNothingWithoutAdmin || holds(kCapSysAdmin)) return {};
    return "kernel.perf_event_paranoid is " + std::to_string(level) +
           ": set it to 2, or give flowtap CAP_SYS_ADMIN";
}

Error watch_error(pid_t pid, int error) {
    Error result = errno_error("set a hardware watch in process", std::to_string(pid), error);
    if (error == EPERM || error == EACCES) {
        result.kind = Error::Kind::kEnvironment;
        result.remedy = remedy_for_lack_of({kCapPerfmon, kCapSysPtrace});
        if (result.remedy.empty()) result.remedy = remedy_for_paranoia();
    } else if (error == ENOSPC) {
        result.cause = "all four debug registers of a thread are in use";
        result.remedy = "stop the debugger or perf session that uses them";
    } else if (error == ESRCH) {
        result.kind = Error::Kind::kNoTarget;
        result.cause = "the process ended meanwhile";
    }
    return result;
}

// On failure, errno has the reason.
bool watch_thread(pid_t thread, std::uint64_t address, WatchFor wanted, int program,
                  std::vector<Fd>& events) {
    Fd event = open_event(thread, address, wanted);
    if (!event) return false;
    if (::ioctl(event.get(), PERF_EVENT_IOC_SET_BPF, program) != 0 ||
        ::ioctl(event.get(), PERF_EVENT_IOC_ENABLE, 0) != 0)
        return false;
    events.push_back(std::move(event));
    return true;
}

bool sets_watches_without(const Capability& capability) {
    bool without = false;
    // Joins the thread at once. If no thread can be started, the capability is kept.
    (void)start_thread("tries hardware watches", [&](const std::stop_token&) {
        suspend(capability);
        without = lack_of_watches().empty();
    });
    return without;
}

}  // namespace

std::string lack_of_watches() {
    static const char watched = 0;
    constexpr pid_t kThisThread = 0;
    const Fd event = open_event(kThisThread, reinterpret_cast<std::uint64_t>(&watched), WatchFor::kAccesses);
    return event ? std::string() : errno_error("open", "perf event", errno).cause;
}

WatchPrivilege privilege_of_watches() {
    if (!lack_of_watches().empty()) return WatchPrivilege::kNone;
    if (sets_watches_without(kCapPerfmon)) return WatchPrivilege::kNone;
    return sets_watches_without(kCapSysAdmin) ? WatchPrivilege::kPerfmon : WatchPrivilege::kSysAdmin;
}

Result<std::vector<Fd>> watch_memory(pid_t pid, std::uint64_t address, WatchFor wanted, int program) {
    return watch_threads(pid, {.threads = [&](std::error_code& error) { return threads_of(pid, error); },
                               .watch =
                                   [&](pid_t thread, std::vector<Fd>& events) {
                                       return watch_thread(thread, address, wanted, program, events);
                                   }});
}

Result<std::vector<Fd>> watch_threads(pid_t pid, const ThreadWatches& watches) {
    for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
        std::vector<Fd> events;
        std::error_code error;
        const std::set<pid_t> threads = watches.threads(error);
        if (threads.empty()) return watch_error(pid, error.value() == ENOENT ? ESRCH : error.value());
        // A thread that is ending needs no watch. It is listed until the kernel has released it; a main
        // thread that ends before the others is listed as long as they live.
        for (const pid_t thread : threads) {
            if (!watches.watch(thread, events) && errno != ESRCH) return watch_error(pid, errno);
        }
        const std::set<pid_t> after = watches.threads(error);
        // A new thread with two watches would report every hit twice; one with none would report nothing.
        if (after.empty() || !std::ranges::includes(threads, after)) continue;
        if (events.empty()) return watch_error(pid, ESRCH);
        return events;
    }
    return Error{"set a hardware watch in process", std::to_string(pid),
                 "it starts threads faster than flowtap can set watches in them"};
}

}  // namespace flowtap
