// SPDX-License-Identifier: Apache-2.0
#include "live_python.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>

#include "python/versions/supported.h"
#include "pythons/installed_pythons.h"

namespace flowtap {

namespace {

std::vector<std::string> all_paths() {
    std::vector<std::string> paths = installed_pythons();
    for (const std::string& path : paths_in("FLOWTAP_PYTHONS")) {
        const bool known = std::ranges::find(paths, path) != paths.end();
        if (!known && python_minor(path) != 0) paths.push_back(path);
    }
    return paths;
}

PythonProgram as_program(const std::string& path) {
    const unsigned minor = python_minor(path);
    const bool known = minor >= kOldestPythonMinor && minor <= kNewestPythonMinor;
    return {path, minor, known && !path.ends_with('d')};
}

}  // namespace

std::vector<PythonProgram> find_pythons(bool supported) {
    std::vector<PythonProgram> programs;
    for (const std::string& path : all_paths()) {
        const PythonProgram program = as_program(path);
        if (program.supported == supported) programs.push_back(program);
    }
    return programs;
}

std::string python_test_name(const testing::TestParamInfo<PythonProgram>& info) {
    return path_as_test_name(info.param.path);
}

LivePython::LivePython(const PythonProgram& program, const std::string& script) {
    int input[2];
    int output[2];
    if (::pipe2(input, O_CLOEXEC) != 0 || ::pipe2(output, O_CLOEXEC) != 0) return;
    input_ = Fd(input[1]);
    const Fd child_input(input[0]);
    output_ = Fd(output[0]);
    Fd child_output(output[1]);
    pid_ = ::fork();
    if (pid_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::dup2(child_input.get(), STDIN_FILENO);
        ::dup2(child_output.get(), STDOUT_FILENO);
        ::setenv("PYTHONIOENCODING", "utf-8", 1);
        ::execl(program.path.c_str(), program.path.c_str(), "-S", "-c", script.c_str(), nullptr);
        ::_exit(127);
    }
    child_output = Fd();  // so that the script's end ends the lines
    read_lines();
}

void LivePython::go_on() {
    ready_ = false;
    if (::write(input_.get(), "\n", 1) == 1) read_lines();
}

void LivePython::read_lines() {
    std::string pending;
    char byte = 0;
    while (::read(output_.get(), &byte, 1) == 1 && !ready_) {
        if (byte != '\n') {
            pending += byte;
            continue;
        }
        const std::size_t blank = pending.find(' ');
        ready_ = pending == "ready";
        if (blank != std::string::npos) printed_[pending.substr(0, blank)] = pending.substr(blank + 1);
        pending.clear();
        if (ready_) return;
    }
}

LivePython::~LivePython() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

namespace {

// The interpreters' files are parsed once for all tests of a program.
ElfFiles& shared_files() {
    static ElfFiles files;
    return files;
}

}  // namespace

void LivePythonTest::start(const std::string& script) {
    python_.emplace(GetParam(), script);
    ASSERT_TRUE(python_->ready()) << "the script ended before it was ready";
    const auto facts = read_process_facts(python_->pid());
    ASSERT_TRUE(facts) << facts.error().message();
    auto memory = RemoteMemory::open(python_->pid());
    ASSERT_TRUE(memory) << memory.error().message();
    memory_.emplace(*std::move(memory));
    auto interpreter = Interpreter::locate(*facts, *memory_, shared_files());
    ASSERT_TRUE(interpreter) << interpreter.error().message();
    ASSERT_TRUE(interpreter->has_value()) << "not seen as a Python process";
    interpreter_.emplace(**std::move(interpreter));
    lookup_.emplace(*interpreter_, *memory_);
}

}  // namespace flowtap
