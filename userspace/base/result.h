// SPDX-License-Identifier: Apache-2.0
// Errors as values. Shaped like std::expected (C++23), which Debian 12's compiler lacks.
#pragma once

#include <cstring>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace flowtap {

// Why something failed, in the three parts that every message needs: what was tried, on what, and the cause.
struct Error {
    enum class Kind {
        kFailed,       // went wrong while running            (exit status 1)
        kUsage,        // bad option, config or profile       (exit status 2)
        kEnvironment,  // not possible on this machine, or for this user (exit status 3)
        kNoTarget,     // no such process, or no profile fits (exit status 4)
    };

    std::string operation;
    std::string subject;
    std::string cause;
    std::string remedy = {};
    Kind kind = Kind::kFailed;
    // Further errors of the same kind, one per line, if a whole file was checked.
    std::vector<std::string> others = {};

    // One line: "attach uprobe to /bin/x+0x40: Permission denied (run as root)".
    [[nodiscard]] std::string message() const {
        std::string line = operation;
        if (!subject.empty()) line += " " + subject;
        line += ": " + cause;
        if (!remedy.empty()) line += " (" + remedy + ")";
        return line;
    }
};

inline Error errno_error(std::string operation, std::string subject, int error) {
    return {std::move(operation), std::move(subject), std::strerror(error)};
}

template <typename T>
class [[nodiscard]] Result {
public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

    [[nodiscard]] bool has_value() const { return state_.index() == 0; }
    explicit operator bool() const { return has_value(); }

    // Precondition of all four: has_value().
    T& operator*() & { return std::get<0>(state_); }
    const T& operator*() const& { return std::get<0>(state_); }
    T&& operator*() && { return std::get<0>(std::move(state_)); }
    T* operator->() { return &std::get<0>(state_); }
    const T* operator->() const { return &std::get<0>(state_); }

    // Precondition: !has_value().
    Error& error() & { return std::get<1>(state_); }
    [[nodiscard]] const Error& error() const& { return std::get<1>(state_); }
    Error&& error() && { return std::get<1>(std::move(state_)); }

private:
    std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
public:
    Result() = default;
    Result(Error error) : error_(std::move(error)), failed_(true) {}

    [[nodiscard]] bool has_value() const { return !failed_; }
    explicit operator bool() const { return has_value(); }
    Error& error() & { return error_; }
    [[nodiscard]] const Error& error() const& { return error_; }

private:
    Error error_;
    bool failed_ = false;
};

}  // namespace flowtap
