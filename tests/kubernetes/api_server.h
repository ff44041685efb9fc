// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "system/support/child.h"
#include "system/support/temporary_directory.h"

namespace flowtap::system_test {

// api_server.py on a loopback port, and what a pod would find of it: a directory with ca.crt and token, and
// two variables of the environment, set in this process as long as the object lives.
class ApiServer {
public:
    explicit ApiServer(const std::string& node);
    ~ApiServer();
    ApiServer(ApiServer&&) = delete;

    // What the machine lacks for it; empty where nothing.
    static std::string missing();

    // A line of api_server.py's; its answer.
    std::string tell(const std::string& line);
    struct Count {
        int lists = 0;
        int watches = 0;
        int open = 0;
    };
    Count count();

    // As the kubelet does it: the directory's token is another one from now on.
    void write_token(std::string_view token) const;
    [[nodiscard]] std::string directory() const { return directory_.text(); }
    [[nodiscard]] std::string address() const { return "https://127.0.0.1:" + port_; }

private:
    std::string make_certificate() const;

    TemporaryDirectory directory_;
    Child child_;
    std::string port_;
};

}  // namespace flowtap::system_test
