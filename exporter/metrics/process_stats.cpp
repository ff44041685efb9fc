// SPDX-License-Identifier: Apache-2.0
#include "exporter/metrics/process_stats.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <sstream>
#include <string_view>
#include <system_error>

#include "exporter/exposition/families.h"

namespace flowtap {

namespace {

Error unreadable(const std::string& path, const std::string& cause) { return {"read", path, cause}; }

// Seconds since the epoch at which the machine started: the line "btime N" of /proc/stat.
Result<double> boot_time(const std::string& path) {
    std::ifstream file(path);
    for (std::string key; file >> key; file.ignore(std::numeric_limits<std::streamsize>::max(), '\n')) {
        double seconds = 0;
        if (key == "btime" && file >> seconds) return seconds;
    }
    return unreadable(path, "no btime");
}

// Fields 14, 15 and 22 to 24 of proc(5)'s stat; field 2, the name, may hold spaces and parentheses.
struct StatFields {
    double user_ticks = 0;
    double system_ticks = 0;
    double start_ticks = 0;
    double virtual_bytes = 0;
    double resident_pages = 0;
};

Result<StatFields> read_stat(const std::string& path) {
    std::ifstream file(path);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const auto name_end = text.rfind(')');
    if (name_end == std::string::npos) return unreadable(path, "not in the form of proc(5)");
    std::istringstream fields(text.substr(name_end + 1));
    const auto skip = [&fields](int count) {
        for (std::string ignored; count > 0; --count) fields >> ignored;
    };
    StatFields stat;
    skip(11);
    fields >> stat.user_ticks >> stat.system_ticks;
    skip(6);
    fields >> stat.start_ticks >> stat.virtual_bytes >> stat.resident_pages;
    if (!fields) return unreadable(path, "not in the form of proc(5)");
    return stat;
}

double count_entries(const std::string& directory) {
    std::error_code error;
    double count = 0;
    for (std::filesystem::directory_iterator entry(directory, error), end; !error && entry != end;
         entry.increment(error)) {
        ++count;
    }
    return count;
}

double open_file_limit() {
    struct rlimit limit {};
    return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<double>(limit.rlim_cur) : 0;
}

}  // namespace

Result<ProcessStats> read_process_stats(const std::string& proc) {
    auto stat = read_stat(proc + "/self/stat");
    if (!stat) return stat.error();
    auto booted = boot_time(proc + "/stat");
    if (!booted) return booted.error();
    const auto ticks_per_second = static_cast<double>(::sysconf(_SC_CLK_TCK));
    return ProcessStats{
        .cpu_seconds = (stat->user_ticks + stat->system_ticks) / ticks_per_second,
        .resident_bytes = stat->resident_pages * static_cast<double>(::sysconf(_SC_PAGESIZE)),
        .virtual_bytes = stat->virtual_bytes,
        .open_fds = count_entries(proc + "/self/fd"),
        .max_fds = open_file_limit(),
        .start_time = *booted + stat->start_ticks / ticks_per_second,
    };
}

std::vector<prometheus::MetricFamily> process_families(const ProcessStats& stats) {
    return {
        make_counter("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.",
                     stats.cpu_seconds),
        make_gauge("process_resident_memory_bytes", "Resident memory size in bytes.", stats.resident_bytes),
        make_gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.", stats.virtual_bytes),
        make_gauge("process_open_fds", "Number of open file descriptors.", stats.open_fds),
        make_gauge("process_max_fds", "Maximum number of open file descriptors.", stats.max_fds),
        make_gauge("process_start_time_seconds", "Start time of the process since unix epoch in seconds.",
                   stats.start_time),
    };
}

}  // namespace flowtap
