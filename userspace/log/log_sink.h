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

// Lines for people. Who says one never waits for who reads it: a pipe that nobody reads, a terminal that is
// stopped or a reader that is gone cost lines, which are counted, and said once somebody reads again. Any
// thread. Its owner must ignore SIGPIPE.
class LogSink {
public:
    // The descriptor must stay open as long as this.
    explicit LogSink(int fd) : output_(fd) {}
    LogSink(const LogSink&) = delete;
    LogSink& operator=(const LogSink&) = delete;
    // Gives a slow reader kLastPatience to take what is left.
    ~LogSink();

    // One line, after "flowtap: "; control characters become question marks.
    void say(std::string_view line);
    // Hands over what had to wait, as far as it is taken.
    void flush();
    // Lines that nobody took.
    [[nodiscard]] std::uint64_t dropped() const;

    static constexpr std::size_t kMostLines = 1024;                     // that wait
    static constexpr std::size_t kMostBytes = std::size_t{256} * 1024;  // likewise
    static constexpr std::chrono::seconds kLastPatience{1};

private:
    struct Line {
        std::string text;
        std::uint64_t tells_of = 0;  // dropped lines
    };

    void append(Line line);
    void drop();
    void write_waiting();
    // Writes some of the first that waits. False: not now.
    bool write_some();
    void lose_waiting();

    const Output output_;
    mutable std::mutex mutex_;  // guards what follows
    std::deque<Line> waiting_;
    std::size_t waiting_bytes_ = 0;
    std::size_t written_ = 0;  // bytes of the first
    std::uint64_t dropped_ = 0;
    std::uint64_t untold_ = 0;  // of those
};

}  // namespace flowtap
