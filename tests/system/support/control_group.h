// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace flowtap::system_test {

// What a control group must be able to limit. kNone: nothing, but it is of version 2.
enum class Controller : std::uint8_t { kNone, kPids, kMemory };

// A control group, of version 1 or 2; removed with the object, once the processes in it are gone.
class ControlGroup {
public:
    // The path is relative to the root of the hierarchy. Throws where the group cannot be made.
    ControlGroup(Controller controller, const std::string& path);
    ~ControlGroup();
    ControlGroup(ControlGroup&&) = delete;

    // The files are those of one version or the other: the first that exists is taken.
    void write(const std::vector<std::string>& files, std::int64_t value) const;
    [[nodiscard]] std::int64_t read(const std::vector<std::string>& files) const;
    // Moves a process into the group.
    void take(pid_t pid) const { write({"cgroup.procs"}, pid); }
    // A program that joins the group and becomes the one whose command follows.
    [[nodiscard]] std::vector<std::string> launcher() const;

    // What this machine lacks for such groups; empty where nothing.
    static std::string missing(Controller controller);

private:
    [[nodiscard]] std::string path_of(const std::vector<std::string>& files) const;
    [[nodiscard]] const std::filesystem::path& directory() const { return made_.back(); }

    std::vector<std::filesystem::path> made_;  // the outer first
};

}  // namespace flowtap::system_test
