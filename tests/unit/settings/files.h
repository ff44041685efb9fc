// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/result.h"

namespace flowtap {

// A directory of files that a test writes; removed at the end.
class Files {
public:
    Files() {
        std::string name = (std::filesystem::temp_directory_path() / "flowtap-cli-XXXXXX").string();
        directory_ = ::mkdtemp(name.data());
    }
    ~Files() {
        std::error_code ignored;
        std::filesystem::remove_all(directory_, ignored);
    }
    Files(const Files&) = delete;
    Files& operator=(const Files&) = delete;

    [[nodiscard]] std::string path(const std::string& name) const { return directory_ + "/" + name; }
    // The path of what was written.
    std::string put(const std::string& name, const std::string& text) const {
        std::ofstream(path(name), std::ios::binary) << text;
        return path(name);
    }

private:
    std::string directory_;
};

// As main prints them: one line for each thing that is wrong.
inline std::vector<std::string> lines_of(const Error& error) {
    std::vector<std::string> lines = {error.message()};
    lines.insert(lines.end(), error.others.begin(), error.others.end());
    return lines;
}

}  // namespace flowtap
