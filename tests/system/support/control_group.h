// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace flowtap::system_test {

// A control group under one controller ("pids", "memory"), of version 1 or 2; removed with the object, once
// the processes in it are gone.
class ControlGroup {
public:
    // Throws where it cannot be made.
    ControlGroup(const std::string& controller, const std::string& name);
    ~ControlGroup();
    ControlGroup(ControlGroup&&) = delete;

    // The files are those of one version or the other: the first that exists is taken.
    void write(const std::vector<std::string>& files, std::int64_t value) const;
    [[nodiscard]] std::int64_t read(const std::vector<std::string>& files) const;
    // A program that joins the group and becomes the one whose command follows.
    [[nodiscard]] std::vector<std::string> launcher() const;

    // What this machine lacks for groups under this controller; empty where nothing.
    static std::string missing(const std::string& controller);

private:
    [[nodiscard]] std::string path_of(const std::vector<std::string>& files) const;

    std::string directory_;
};

}  // namespace flowtap::system_test
