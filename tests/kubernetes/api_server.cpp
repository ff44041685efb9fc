// SPDX-License-Identifier: Apache-2.0
#include "kubernetes/api_server.h"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace flowtap::system_test {

namespace {

constexpr const char* kProgram = FLOWTAP_TESTS_DIRECTORY "/kubernetes/api_server.py";

int run(const std::string& command) {
    return std::system((command + " >/dev/null 2>&1").c_str());  // NOLINT(concurrency-mt-unsafe)
}

}  // namespace

std::string ApiServer::missing() {
    for (const char* program : {"openssl", "python3"})
        if (run(std::string("command -v ") + program) != 0) return std::string("the program ") + program;
    return {};
}

// Signed by itself, so that it is its own CA.
std::string ApiServer::make_certificate() const {
    const std::string key = directory_ / "key";
    const std::string certificate = directory_ / "ca.crt";
    if (run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=api "
            "-addext subjectAltName=IP:127.0.0.1 -keyout " +
            key + " -out " + certificate) != 0)
        throw std::runtime_error("openssl makes no certificate");
    return certificate;
}

ApiServer::ApiServer(const std::string& node)
    : child_({"/usr/bin/env", "python3", "-B", kProgram, make_certificate(), directory_ / "key", node}),
      port_(child_.next_line()) {
    write_token("first");
    ::setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1", 1);    // NOLINT(concurrency-mt-unsafe)
    ::setenv("KUBERNETES_SERVICE_PORT", port_.c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
}

ApiServer::~ApiServer() {
    ::unsetenv("KUBERNETES_SERVICE_HOST");  // NOLINT(concurrency-mt-unsafe)
    ::unsetenv("KUBERNETES_SERVICE_PORT");  // NOLINT(concurrency-mt-unsafe)
}

std::string ApiServer::tell(const std::string& line) {
    child_.send_line(line);
    return child_.next_line();
}

ApiServer::Count ApiServer::count() {
    Count count;
    std::istringstream(tell("count")) >> count.lists >> count.watches >> count.open;
    return count;
}

void ApiServer::write_token(std::string_view token) const {
    std::ofstream(directory_ / "token.new") << token << '\n';
    std::filesystem::rename(directory_ / "token.new", directory_ / "token");
}

}  // namespace flowtap::system_test
