// SPDX-License-Identifier: Apache-2.0
#include "control_group.h"

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

// Where groups under this controller can be made: version 1 mounts the controller by itself, of version 2 the
// root must hand it down. Empty: nowhere.
std::string mount_point(const std::string& controller) {
    std::ifstream mounts("/proc/self/mounts");
    for (std::string line; std::getline(mounts, line);) {
        std::istringstream words(line);
        std::string source;
        std::string point;
        std::string type;
        std::string options;
        words >> source >> point >> type >> options;
        if (type == "cgroup" && has_word(options, controller, ',')) return point;
        std::string handed_down;
        if (type == "cgroup2") std::getline(std::ifstream(point + "/cgroup.subtree_control"), handed_down);
        if (has_word(handed_down, controller, ' ')) return point;
    }
    return {};
}

}  // namespace

ControlGroup::ControlGroup(const std::string& controller, const std::string& name)
    : directory_(mount_point(controller) + "/" + name + "-" + std::to_string(::getpid())) {
    if (!fs::create_directory(directory_)) throw std::runtime_error(directory_ + " was there already");
}

ControlGroup::~ControlGroup() {
    eventually([this] { return ::rmdir(directory_.c_str()) == 0; }, std::chrono::seconds(5));
}

std::string ControlGroup::path_of(const std::vector<std::string>& files) const {
    for (const std::string& file : files)
        if (fs::exists(directory_ + "/" + file)) return directory_ + "/" + file;
    throw std::runtime_error("no " + files.front() + " in " + directory_);
}

void ControlGroup::write(const std::vector<std::string>& files, std::int64_t value) const {
    const std::string path = path_of(files);
    std::ofstream file(path);
    file << value << std::flush;
    if (!file) throw std::runtime_error("cannot write " + path);
}

std::int64_t ControlGroup::read(const std::vector<std::string>& files) const {
    std::int64_t value = 0;
    std::ifstream(path_of(files)) >> value;
    return value;
}

std::vector<std::string> ControlGroup::launcher() const {
    return {"/bin/sh", "-c", "echo $$ > \"$0/cgroup.procs\" && exec \"$@\"", directory_};
}

std::string ControlGroup::missing(const std::string& controller) {
    const std::string point = mount_point(controller);
    if (point.empty()) return "a control group file system with the controller " + controller;
    const std::string probe = point + "/flowtap-probe-" + std::to_string(::getpid());
    std::error_code error;
    if (!fs::create_directory(probe, error)) return "a control group file system that can be written";
    ::rmdir(probe.c_str());
    return {};
}

}  // namespace flowtap::system_test
