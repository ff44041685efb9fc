// SPDX-License-Identifier: Apache-2.0
// Collects the mistakes in one file, so that all of them can be reported at once.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "yaml/load_errors.h"

namespace flowtap {

class Problems {
public:
    // `what` the file is in messages: "profile", "config".
    explicit Problems(std::string source, std::string what = "profile")
        : source_(std::move(source)), what_(std::move(what)) {}

    [[nodiscard]] const std::string& what() const { return what_; }

    // Lines count from 1; 0 means the file as a whole. The cause names what is wrong, the remedy what to do.
    void add(int line, std::string cause, std::string remedy);

    [[nodiscard]] bool empty() const { return problems_.empty(); }

    // Precondition: !empty().
    [[nodiscard]] LoadErrors take() &&;

private:
    struct Problem {
        int line;
        std::string cause;
        std::string remedy;
    };
    [[nodiscard]] Error to_error(const Problem& problem) const;

    std::string source_;
    std::string what_;
    std::vector<Problem> problems_;
    std::size_t unsaid_ = 0;
};

// The part of the file that is being read. Every cause starts with `where`, such as `point "node": caller 2:
// `.
struct Scope {
    Problems& problems;
    std::string where;

    void report(int line, const std::string& cause, std::string remedy) const {
        problems.add(line, where + cause, std::move(remedy));
    }
};

}  // namespace flowtap
