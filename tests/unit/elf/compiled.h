// SPDX-License-Identifier: Apache-2.0
// Fixtures built at run time by the machine's own compiler.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

namespace flowtap {

class TemporaryDirectory {
public:
    TemporaryDirectory() {
        std::string name = (std::filesystem::temp_directory_path() / "flowtap-elf-XXXXXX").string();
        path_ = ::mkdtemp(name.data()) == nullptr ? std::string() : name;
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    ~TemporaryDirectory() {
        std::error_code ignored;
        if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
    }

    [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

private:
    std::string path_;
};

inline std::vector<char> contents_of(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

inline void write_file(const std::string& path, const std::vector<char>& bytes) {
    std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

// Tests of this kind are skipped, and say so, where there is no compiler.
class Compiled : public testing::Test {
protected:
    void SetUp() override {
        if (std::system("cc --version >/dev/null 2>&1 && c++ --version >/dev/null 2>&1") != 0)
            GTEST_SKIP() << "no C and C++ compiler here: the ELF fixtures cannot be built";
    }

    // `suffix`: "c" or "cpp". The path of the result, which a failed build leaves missing.
    std::string build(const std::string& source, const std::string& suffix, const std::string& flags) {
        const std::string name = directory_.file("fixture" + std::to_string(++builds_));
        const std::string input = name + "." + suffix;
        write_file(input, {source.begin(), source.end()});
        const std::string compiler = suffix == "c" ? "cc" : "c++";
        const std::string command = compiler + " -w " + flags + " -o " + name + " " + input;
        EXPECT_EQ(std::system(command.c_str()), 0) << command;
        return name;
    }

    TemporaryDirectory directory_;

private:
    int builds_ = 0;
};

}  // namespace flowtap
