// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace flowtap::system_test {

// A control group that limits how many processes and threads are in it; removed with the object, when those
// in it are gone.
class ProcessesLimit {
public:
    // Throws where it cannot be made.
    explicit ProcessesLimit(const std::string& name);
    ~ProcessesLimit();
    ProcessesLimit(ProcessesLimit&&) = delete;

    void set(int most) const;
    [[nodiscard]] int current() const;
    // A program that becomes, inside of it, the one whose command follows.
    [[nodiscard]] std::vector<std::string> launcher() const;

    // What this machine lacks; empty where nothing.
    static std::string missing();

private:
    std::string directory_;
};

}  // namespace flowtap::system_test
