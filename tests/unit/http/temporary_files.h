// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace flowtap::test {

// A directory of its own, removed with what is in it.
class TemporaryFiles {
public:
    TemporaryFiles() {
        std::string name = (std::filesystem::temp_directory_path() / "flowtap-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
        directory_ = name;
    }
    TemporaryFiles(const TemporaryFiles&) = delete;
    TemporaryFiles& operator=(const TemporaryFiles&) = delete;
    ~TemporaryFiles() {
        std::error_code ignored;
        std::filesystem::remove_all(directory_, ignored);
    }

    [[nodiscard]] std::string path(const std::string& name) const { return (directory_ / name).string(); }
    [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }

    // Replaces the file as a careful program does: whole, by rename.
    [[nodiscard]] std::string write(const std::string& name, const std::string& text) const {
        std::ofstream(path(name + ".new")) << text;
        std::filesystem::rename(path(name + ".new"), path(name));
        return path(name);
    }

private:
    std::filesystem::path directory_;
};

}  // namespace flowtap::test
