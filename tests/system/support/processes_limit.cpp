// SPDX-License-Identifier: Apache-2.0
#include "processes_limit.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "eventually.h"

namespace flowtap::system_test {
namespace {

namespace fs = std::filesystem;

bool has_word(const std::string& text, const std::string& word, char separator) {
    std::istringstream words(text);
    for (std::string one; std::getline(words, one, separator);)
        if (one == word) return true;
    return false;
}

// Where groups with this limit can be made: version 1 mounts the controller by itself, of version 2 the root
// must hand it down. Empty: nowhere.
std::string mount_point() {
    std::ifstream mounts("/proc/self/mounts");
    for (std::string line; std::getline(mounts, line);) {
        std::istringstream words(line);
        std::string source;
        std::string point;
        std::string type;
        std::string options;
        words >> source >> point >> type >> options;
        if (type == "cgroup" && has_word(options, "pids", ',')) return point;
        std::string handed_down;
        if (type == "cgroup2") std::getline(std::ifstream(point + "/cgroup.subtree_control"), handed_down);
        if (has_word(handed_down, "pids", ' ')) return point;
    }
    return {};
}

}  // namespace

ProcessesLimit::ProcessesLimit(const std::string& name)
    : directory_(mount_point() + "/" + name + "-" + std::to_string(::getpid())) {
    if (!fs::create_directory(directory_)) throw std::runtime_error(directory_ + " was there already");
}

ProcessesLimit::~ProcessesLimit() {
    eventually([this] { return ::rmdir(directory_.c_str()) == 0; }, std::chrono::seconds(5));
}

void ProcessesLimit::set(int most) const {
    std::ofstream file(directory_ + "/pids.max");
    file << most << std::flush;
    if (!file) throw std::runtime_error("cannot write " + directory_ + "/pids.max");
}

int ProcessesLimit::current() const {
    int count = 0;
    std::ifstream(directory_ + "/pids.current") >> count;
    return count;
}

std::vector<std::string> ProcessesLimit::launcher() const {
    return {"/bin/sh", "-c", "echo $$ > \"$0/cgroup.procs\" && exec \"$@\"", directory_};
}

std::string ProcessesLimit::missing() {
    const std::string point = mount_point();
    if (point.empty()) return "a control group file system with the pids controller";
    const std::string probe = point + "/flowtap-probe-" + std::to_string(::getpid());
    std::error_code error;
    if (!fs::create_directory(probe, error)) return "a control group file system that can be written";
    ::rmdir(probe.c_str());
    return {};
}

}  // namespace flowtap::system_test
