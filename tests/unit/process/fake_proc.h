// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace flowtap {

// A directory that looks like /proc to those who are told its path; removed at the end.
class FakeProc {
public:
    FakeProc() {
        std::string name = (std::filesystem::temp_directory_path() / "flowtap-proc-XXXXXX").string();
        root_ = ::mkdtemp(name.data());
    }
    ~FakeProc() {
        std::error_code ignored;
        std::filesystem::remove_all(root_, ignored);
    }
    FakeProc(const FakeProc&) = delete;
    FakeProc& operator=(const FakeProc&) = delete;

    [[nodiscard]] const std::string& root() const { return root_; }

    void put(const std::string& path, const std::string& text) const {
        const std::filesystem::path file = std::filesystem::path(root_) / path;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file, std::ios::binary) << text;
    }

    // A process with everything; name as the kernel prints it, in parentheses.
    void put_process(int pid, const std::string& name, char state, unsigned flags,
                     const std::string& elf) const {
        const std::string directory = std::to_string(pid) + "/";
        put(directory + "stat", std::to_string(pid) + " " + name + " " + state + " 1 1 1 0 -1 " +
                                    std::to_string(flags) + " 0 0 0 0 0 0 0 0 20 0 1 0 4242 0 0 0\n");
        put(directory + "exe", elf);
        put(directory + "cmdline", std::string("prog\0-x\0\0", 9));
        put(directory + "maps", "");
    }

private:
    std::string root_;
};

}  // namespace flowtap
