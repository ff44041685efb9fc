// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>

#include "log/output.h"

namespace flowtap {

// Writes log lines. Never waits for a reader: if nobody reads the pipe, the terminal is stopped or the reader
// is gone, lines are dropped and counted, and a line reports the gap once somebody reads again. Any thread
// may use it. The owner must ignore SIGPIPE.
class LogSink {
public:
    // The descriptor must stay open as long as this object exists.
    explicit LogSink(int fd) : output_(fd) {}
    LogSink(const LogSink&) = delete;
    LogSink& operator=(const LogSink&) = delete;
    // Waits up to kLastPatience for a slow reader to read the remaining lines.
    ~LogSink();

    // One line, after "flowtap: "; control characters become question marks.
    void write(std::string_view line);
    // Writes as many waiting lines as the reader accepts.
    void flush();
    // Lines that were dropped.
    [[nodiscard]] std::uint64_t dropped() const;

    static constexpr std::size_t kMostLines = 1024;                     // waiting for a reader
    static constexpr std::size_t kMostBytes = std::size_t{256} * 1024;  // waiting for a reader
    static constexpr std::chrono::seconds kLastPatience{1};

private:
    struct Line {
        std::string text;
        std::uint64_t reported = 0;  // number of dropped lines that this line reports
    };

    void append(Line line);
    void drop();
    void write_waiting();
    // Writes a part of the first waiting line. Returns false if the reader accepts nothing now.
    bool write_some();
    void discard_waiting();

    const Output output_;
    mutable std::mutex mutex_;  // guards the members below
    std::deque<Line> waiting_;
    std::size_t waiting_bytes_ = 0;
    std::size_t written_ = 0;  // bytes of the first waiting line
    std::uint64_t dropped_ = 0;
    std::uint64_t unreported_ = 0;  // dropped lines that were not reported yet
};

}  // namespace flowtap
