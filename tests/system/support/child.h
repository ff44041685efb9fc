// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "eventually.h"
#include "output_file.h"

namespace flowtap::system_test {

enum class User { kSame, kNobody };

// A program started by the test: lines to its standard input, lines from its output. It ends with the object,
// and with the test program even if that is killed. Throws where the program cannot be started.
class Child {
public:
    explicit Child(const std::vector<std::string>& command, User user = User::kSame);
    ~Child();
    Child(Child&& other) = delete;

    [[nodiscard]] pid_t pid() const { return pid_; }
    void send_line(const std::string& line);
    // The next line of its output, without the line end. Throws when it ends, or says nothing for kPatience.
    std::string next_line();
    [[nodiscard]] bool has_line() const { return output_.text(consumed_).find('\n') != std::string::npos; }
    [[nodiscard]] std::string output() const { return output_.text(); }
    [[nodiscard]] std::string errors() const { return errors_.text(); }

    void signal(int number) const;
    // As a shell has it: the exit status, or 128 + the signal that ended it. Nothing while it still runs.
    std::optional<int> poll_status();
    std::optional<int> wait(std::chrono::milliseconds patience = kPatience);
    // CPU time of it and of the children that it waited for, once it has ended.
    [[nodiscard]] double processor_seconds() const { return processor_seconds_; }

private:
    struct Start;
    [[noreturn]] void become(const Start& start) const;
    std::optional<std::string> line_so_far();

    OutputFile output_;
    OutputFile errors_;
    Fd input_;
    pid_t pid_ = -1;
    std::optional<int> status_;
    double processor_seconds_ = 0;
    std::size_t consumed_ = 0;
};

}  // namespace flowtap::system_test
