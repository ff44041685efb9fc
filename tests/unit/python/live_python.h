// SPDX-License-Identifier: Apache-2.0
// Real interpreters for the tests to look into.
#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "base/fd.h"
#include "process/process_facts.h"
#include "process/remote_memory.h"
#include "python/interpreter.h"
#include "python/objects/code_lookup.h"

namespace flowtap {

struct PythonProgram {
    std::string path;
    unsigned minor = 0;
    bool supported = false;  // one flowtap can watch: the minor version is known and it is no debug build

    friend std::ostream& operator<<(std::ostream& out, const PythonProgram& program) {
        return out << program.path;
    }
};

// The installed ones and those of the colon-separated FLOWTAP_PYTHONS, where a name may go on:
// python3.14-unstable.
std::vector<PythonProgram> find_pythons(bool supported);

// For INSTANTIATE_TEST_SUITE_P: the path in letters, digits and underscores.
std::string python_test_name(const testing::TestParamInfo<PythonProgram>& info);

// A Python program that prints "key value" lines, then "ready", and lives until this object ends.
class LivePython {
public:
    LivePython(const PythonProgram& program, const std::string& script);
    ~LivePython();
    LivePython(const LivePython&) = delete;
    LivePython& operator=(const LivePython&) = delete;

    [[nodiscard]] bool ready() const { return ready_; }
    // Lets a script that waits do more, until it is ready again.
    void go_on();
    [[nodiscard]] pid_t pid() const { return pid_; }
    [[nodiscard]] const std::string& text(const std::string& key) const { return printed_.at(key); }
    [[nodiscard]] std::uint64_t number(const std::string& key) const { return std::stoull(printed_.at(key)); }

private:
    void read_lines();

    pid_t pid_ = -1;
    Fd input_;
    Fd output_;
    std::map<std::string, std::string> printed_;
    bool ready_ = false;
};

// A live interpreter with everything of userspace/python opened on it.
class LivePythonTest : public testing::TestWithParam<PythonProgram> {
protected:
    // To be called with ASSERT_NO_FATAL_FAILURE.
    void start(const std::string& script);

    [[nodiscard]] const LivePython& python() const { return *python_; }
    [[nodiscard]] const Memory& memory() const { return *memory_; }
    [[nodiscard]] const Interpreter& interpreter() const { return *interpreter_; }
    [[nodiscard]] const CodeLookup& lookup() const { return *lookup_; }
    [[nodiscard]] const ObjectReader& objects() const { return lookup_->objects(); }

    // Lets the script do more, until it is ready again.
    void go_on() {
        python_->go_on();
        ASSERT_TRUE(python_->ready()) << "the script ended before it was ready";
    }

    // The word at an address, 0 where there is none.
    [[nodiscard]] std::uint64_t word(std::uint64_t address) const {
        return memory_->read<std::uint64_t>(address).value_or(0);
    }

private:
    std::optional<LivePython> python_;
    std::optional<RemoteMemory> memory_;
    std::optional<Interpreter> interpreter_;
    std::optional<CodeLookup> lookup_;
};

}  // namespace flowtap
