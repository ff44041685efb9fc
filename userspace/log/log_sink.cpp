// SPDX-License-Identifier: Apache-2.0
#include "log/log_sink.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/plural.h"

namespace flowtap {
namespace {

bool is_control(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
}

std::string line_of(std::string_view said) {
    std::string text = "flowtap: ";
    text += said;
    std::ranges::replace_if(text, is_control, '?');
    text += '\n';
    return text;
}

}  // namespace

LogSink::~LogSink() {
    const auto deadline = std::chrono::steady_clock::now() + kLastPatience;
    const std::lock_guard lock(mutex_);
    write_waiting();
    while (!waiting_.empty()) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        if (left.count() <= 0) return;
        output_.wait(static_cast<int>(left.count()));
        write_waiting();
    }
}

void LogSink::write(std::string_view line) {
    Line said{line_of(line)};
    const std::lock_guard lock(mutex_);
    write_waiting();
    const bool full = waiting_.size() >= kMostLines || waiting_bytes_ + said.text.size() > kMostBytes;
    // After a gap, the line that reports the gap must come first.
    if (full || unreported_ > 0) return drop();
    append(std::move(said));
    write_waiting();
}

void LogSink::flush() {
    const std::lock_guard lock(mutex_);
    write_waiting();
}

std::uint64_t LogSink::dropped() const {
    const std::lock_guard lock(mutex_);
    return dropped_;
}

void LogSink::append(Line line) {
    waiting_bytes_ += line.text.size();
    waiting_.push_back(std::move(line));
}

void LogSink::drop() {
    ++dropped_;
    ++unreported_;
}

void LogSink::write_waiting() {
    do {
        while (!waiting_.empty())
            if (!write_some()) return;
        if (unreported_ == 0) return;
        append({line_of("log: dropped " + counted(unreported_, "line") + " that nobody read in time"),
                unreported_});
    } while (true);
}

bool LogSink::write_some() {
    const Line& first = waiting_.front();
    const ssize_t taken = output_.write(std::string_view(first.text).substr(written_));
    if (taken < 0 && errno == EINTR) return true;
    if (taken < 0) {
        if (errno != EAGAIN && errno != EWOULDBLOCK) discard_waiting();
        return false;
    }
    written_ += static_cast<std::size_t>(taken);
    if (written_ < first.text.size()) return true;
    unreported_ -= first.reported;
    waiting_bytes_ -= first.text.size();
    waiting_.pop_front();
    written_ = 0;
    return true;
}

// The reader is gone, or the disk is full.
void LogSink::discard_waiting() {
    for (const Line& line : waiting_)
        if (line.reported == 0) drop();
    waiting_.clear();
    waiting_bytes_ = 0;
    written_ = 0;
}

}  // namespace flowtap
