// SPDX-License-Identifier: Apache-2.0
#include "live_python.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <regex>
#include <set>
#include <sstream>

namespace flowtap {

namespace {

namespace fs = std::filesystem;

std::vector<std::string> split(const char* list) {
    std::vector<std::string> parts;
    std::istringstream in(list == nullptr ? "" : list);
    for (std::string part; std::getline(in, part, ':');) {
        if (!part.empty()) parts.push_back(part);
    }
    return parts;
}

std::vector<fs::path> files_of(const fs::path& directory) {
    std::vector<fs::path> files;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(directory, error)) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
}

std::vector<fs::path> candidates() {
    std::vector<fs::path> found = files_of("/usr/bin");
    const auto add = [&](const std::vector<fs::path>& more) {
        found.insert(found.end(), more.begin(), more.end());
    };
    for (const std::string& directory : split(std::getenv("PATH"))) add(files_of(directory));
    const char* const home = std::getenv("HOME");
    if (home != nullptr) {
        for (const fs::path& version : files_of(fs::path(home) / ".pyenv/versions"))
            add(files_of(version / "bin"));
    }
    return found;
}

std::optional<PythonProgram> as_python(const fs::path& path, const std::regex& pattern) {
    std::smatch match;
    const std::string name = path.filename();
    if (!std::regex_match(name, match, pattern) || ::access(path.c_str(), X_OK) != 0) return std::nullopt;
    const auto minor = static_cast<unsigned>(std::stoul(match[1]));
    const bool known = minor >= kOldestPythonMinor && minor <= kNewestPythonMinor;
    return PythonProgram{path, minor, known && match[2].length() == 0};
}

std::vector<PythonProgram> all_pythons() {
    std::vector<PythonProgram> programs;
    std::set<fs::path> seen;
    const auto add = [&](const fs::path& path, const std::regex& pattern) {
        std::error_code error;
        const auto program = as_python(path, pattern);
        if (program && seen.insert(fs::canonical(path, error)).second) programs.push_back(*program);
    };
    // The bare names only: /usr/bin has python3.11-config and pyenv's shims start another program.
    const std::regex exact(R"(python3\.(\d{1,2})(d?))");
    const std::regex loose(R"(python3\.(\d{1,2})(d?)(-.*)?)");
    for (const fs::path& path : candidates()) {
        if (path.string().find("/shims/") == std::string::npos) add(path, exact);
    }
    for (const std::string& path : split(std::getenv("FLOWTAP_PYTHONS"))) add(path, loose);
    return programs;
}

}  // namespace

std::vector<PythonProgram> find_pythons(bool supported) {
    std::vector<PythonProgram> programs = all_pythons();
    std::erase_if(programs, [&](const PythonProgram& program) { return program.supported != supported; });
    return programs;
}

std::string python_test_name(const testing::TestParamInfo<PythonProgram>& info) {
    std::string name = info.param.path.substr(1);
    std::replace_if(
        name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
    return name;
}

LivePython::LivePython(const PythonProgram& program, const std::string& script) {
    int input[2];
    int output[2];
    if (::pipe2(input, O_CLOEXEC) != 0 || ::pipe2(output, O_CLOEXEC) != 0) return;
    input_ = Fd(input[1]);
    const Fd child_input(input[0]);
    const Fd lines(output[0]);
    const Fd child_output(output[1]);
    pid_ = ::fork();
    if (pid_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::dup2(child_input.get(), STDIN_FILENO);
        ::dup2(child_output.get(), STDOUT_FILENO);
        ::setenv("PYTHONIOENCODING", "utf-8", 1);
        ::execl(program.path.c_str(), program.path.c_str(), "-S", "-c", script.c_str(), nullptr);
        ::_exit(127);
    }
    read_lines(lines.get());
}

void LivePython::read_lines(int descriptor) {
    std::string pending;
    char byte = 0;
    while (::read(descriptor, &byte, 1) == 1 && !ready_) {
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

void LivePythonTest::start(const std::string& script) {
    python_.emplace(GetParam(), script);
    ASSERT_TRUE(python_->ready()) << "the script ended before it was ready";
    const auto facts = read_process_facts(python_->pid());
    ASSERT_TRUE(facts) << facts.error().message();
    auto memory = RemoteMemory::open(python_->pid());
    ASSERT_TRUE(memory) << memory.error().message();
    memory_.emplace(*std::move(memory));
    auto interpreter = Interpreter::locate(*facts, *memory_);
    ASSERT_TRUE(interpreter) << interpreter.error().message();
    ASSERT_TRUE(interpreter->has_value()) << "not seen as a Python process";
    interpreter_.emplace(**std::move(interpreter));
    lookup_.emplace(*interpreter_, *memory_);
}

}  // namespace flowtap
