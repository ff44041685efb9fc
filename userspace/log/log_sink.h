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

// Log lines for people. Writers never wait for a reader: if nobody reads the pipe, the terminal is stopped or
// the reader is gone, lines are dropped and counted, and a line says so once somebody reads again. May be
// used by any thread. The owner must ignore SIGPIPE.
class LogSink {
public:
    // The descriptor must stay open as long as this.
    explicit LogSink(int fd) : output_(fd) {}
    LogSink(const LogSink&) = delete;
    LogSink& operator=(const LogSink&) = delete;
    // Gives a slow reader up to kLastPatience to read the remaining lines.
    ~LogSink();

    // One line, after "flowtap: "; control characters become question marks.
    void say(std::string_view line);
    // Writes as much of the waiting lines as the reader takes.
    void flush();
    // Lines that were dropped.
    [[nodiscard]] std::uint64_t dropped() const;

    static constexpr std::size_t kMostLines = 1024;                     // waiting
    static constexpr std::size_t kMostBytes = std::size_t{256} * 1024;  // likewise
    static constexpr std::chrono::seconds kLastPatience{1};

private:
    struct Line {
        std::string text;
        std::uint64_t tells_of = 0;  // dropped lines that this line reports
    };

    void append(Line line);
    void drop();
    void write_waiting();
    // Writes a part of the first waiting line. False: the reader takes nothing now.
    bool write_some();
    void lose_waiting();

    const Output output_;
    mutable std::mutex mutex_;  // guards what follows
    std::deque<Line> waiting_;
    std::size_t waiting_bytes_ = 0;
    std::size_t written_ = 0;  // bytes of the first waiting line
    std::uint64_t dropped_ = 0;
    std::uint64_t untold_ = 0;  // dropped lines that no line has reported yet
};

}  // namespace flowtap
