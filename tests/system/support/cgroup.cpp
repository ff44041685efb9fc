// SPDX-License-Identifier: Apache-2.0
#include "cgroup.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "eventually.h"

namespace flowtap::system_test {

namespace {

namespace fs = std::filesystem;

// Where version 2 is mounted; empty: nowhere.
std::string hierarchy() {
    std::ifstream mounts("/proc/self/mounts");
    for (std::string line; std::getline(mounts, line);) {
        std::istringstream words(line);
        std::string source;
        std::string point;
        std::string type;
        words >> source >> point >> type;
        if (type == "cgroup2") return point;
    }
    return {};
}

}  // namespace

Cgroup::Cgroup(const std::string& path) {
    fs::path directory = hierarchy();
    for (const fs::path& part : fs::path(path)) {
        directory /= part;
        if (fs::create_directory(directory)) made_.push_back(directory);
    }
    if (made_.empty()) throw std::runtime_error(path + " was there already");
}

Cgroup::~Cgroup() {
    while (!made_.empty()) {
        eventually([this] { return ::rmdir(made_.back().c_str()) == 0; }, std::chrono::seconds(5));
        made_.pop_back();
    }
}

void Cgroup::take(pid_t pid) const {
    std::ofstream file(made_.back() + "/cgroup.procs");
    file << pid << std::flush;
    if (!file) throw std::runtime_error("cannot move a process to " + made_.back());
}

std::string Cgroup::missing() {
    const std::string point = hierarchy();
    if (point.empty()) return "a mounted cgroup file system of version 2";
    const std::string probe = point + "/flowtap-test-" + std::to_string(::getpid());
    std::error_code error;
    if (!fs::create_directory(probe, error)) return "a cgroup file system that can be written";
    ::rmdir(probe.c_str());
    return {};
}

}  // namespace flowtap::system_test
