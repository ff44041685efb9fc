// SPDX-License-Identifier: Apache-2.0
#include "control_group.h"

#include <unistd.h>

#include <fstream>
#include <sstream>
#include <stdexcept>

#include "eventually.h"

namespace flowtap::system_test {
namespace {

namespace fs = std::filesystem;

const char* name_of(Controller controller) {
    switch (controller) {
        case Controller::kNone:
            return "";
        case Controller::kPids:
            return "pids";
        case Controller::kMemory:
            return "memory";
    }
    return "";
}

bool has_word(const std::string& text, const std::string& word, char separator) {
    std::istringstream words(text);
    for (std::string one; std::getline(words, one, separator);)
        if (one == word) return true;
    return false;
}

// Of version 2, the root must hand the controller down.
bool hands_down(const std::string& point, Controller controller) {
    std::string handed_down;
    std::getline(std::ifstream(point + "/cgroup.subtree_control"), handed_down);
    return controller == Controller::kNone || has_word(handed_down, name_of(controller), ' ');
}

// Where such groups can be made: version 1 mounts each controller by itself. Empty: nowhere.
std::string mount_point(Controller controller) {
    std::ifstream mounts("/proc/self/mounts");
    for (std::string line; std::getline(mounts, line);) {
        std::istringstream words(line);
        std::string source;
        std::string point;
        std::string type;
        std::string options;
        words >> source >> point >> type >> options;
        if (type == "cgroup" && has_word(options, name_of(controller), ',')) return point;
        if (type == "cgroup2" && hands_down(point, controller)) return point;
    }
    return {};
}

}  // namespace

ControlGroup::ControlGroup(Controller controller, const std::string& path) {
    fs::path directory = mount_point(controller);
    for (const fs::path& part : fs::path(path)) {
        directory /= part;
        if (fs::create_directory(directory)) made_.push_back(directory);
    }
    if (made_.empty()) throw std::runtime_error(directory.string() + " was there already");
}

ControlGroup::~ControlGroup() {
    while (!made_.empty()) {
        eventually([this] { return ::rmdir(directory().c_str()) == 0; }, std::chrono::seconds(5));
        made_.pop_back();
    }
}

std::string ControlGroup::path_of(const std::vector<std::string>& files) const {
    for (const std::string& file : files)
        if (fs::exists(directory() / file)) return directory() / file;
    throw std::runtime_error("no " + files.front() + " in " + directory().string());
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
    return {"/bin/sh", "-c", "echo $$ > \"$0/cgroup.procs\" && exec \"$@\"", directory()};
}

std::string ControlGroup::missing(Controller controller) {
    const std::string point = mount_point(controller);
    if (point.empty())
        return controller == Controller::kNone
                   ? "a mounted control group file system of version 2"
                   : std::string("a control group file system with the controller ") + name_of(controller);
    const std::string probe = point + "/flowtap-probe-" + std::to_string(::getpid());
    std::error_code error;
    if (!fs::create_directory(probe, error)) return "a control group file system that can be written";
    ::rmdir(probe.c_str());
    return {};
}

}  // namespace flowtap::system_test
