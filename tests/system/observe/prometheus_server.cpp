// SPDX-License-Identifier: Apache-2.0
#include "prometheus_server.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <sstream>
#include <stdexcept>

#include "paths.h"
#include "unit/http/http_client.h"

namespace flowtap::system_test {
namespace {

using Json = nlohmann::json;

// Free now; another process may still take it before the server does.
std::uint16_t free_port() {
    const Fd socket(::socket(AF_INET, SOCK_STREAM, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(socket.get(), generic, size) != 0 || ::getsockname(socket.get(), generic, &size) != 0)
        throw std::runtime_error("no free port on loopback");
    return ntohs(address.sin_port);
}

std::string configuration(std::uint16_t scraped_port, const std::string& rule_file) {
    std::string text =
        "global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}\n"
        "scrape_configs: [{job_name: flowtap, static_configs: [{targets: ['127.0.0.1:" +
        std::to_string(scraped_port) + "']}]}]\n";
    if (!rule_file.empty()) text += "rule_files: ['" + rule_file + "']\n";
    return text;
}

std::string url_encoded(const std::string& text) {
    std::string encoded;
    for (const char letter : text) {
        char code[4];
        std::snprintf(code, sizeof code, "%%%02X", static_cast<unsigned>(static_cast<unsigned char>(letter)));
        encoded += code;
    }
    return encoded;
}

double number(const Json& sample) { return std::strtod(sample.at(1).get<std::string>().c_str(), nullptr); }

}  // namespace

std::string prometheus_program(const std::string& name) {
    std::string directories = std::string(kPackagesDirectory) + "/usr/bin";
    if (const char* path = std::getenv("PATH")) directories += ":" + std::string(path);
    std::istringstream in(directories);
    for (std::string directory; std::getline(in, directory, ':');)
        if (const std::string program = directory + "/" + name; ::access(program.c_str(), X_OK) == 0)
            return program;
    return {};
}

PrometheusServer::PrometheusServer(std::uint16_t scraped_port, const std::string& rule_file,
                                   const std::string& features)
    : port_(free_port()) {
    server_ = std::make_unique<Child>(std::vector<std::string>{
        prometheus_program("prometheus"),
        "--config.file=" + directory_.write("prometheus.yml", configuration(scraped_port, rule_file)),
        "--storage.tsdb.path=" + (directory_ / "data").string(),
        "--web.listen-address=127.0.0.1:" + std::to_string(port_), "--enable-feature=" + features});
    const bool ready = eventually([this] {
        return server_->poll_status().has_value() ||
               server_->errors().find("Server is ready to receive web requests") != std::string::npos;
    });
    if (!ready || server_->poll_status()) throw std::runtime_error("prometheus: " + server_->errors());
}

Json PrometheusServer::api(const std::string& path) const {
    // HTTP/1.0: the answer is whole, in one piece, and ends with the connection.
    const test::Reply reply = test::converse(port_, "GET /api/v1/" + path + " HTTP/1.0\r\n\r\n");
    const Json answer = Json::parse(reply.body, nullptr, false);
    if (answer.is_discarded() || answer.value("status", "") != "success")
        throw std::runtime_error("prometheus refuses " + path + ": " + reply.body);
    return answer.at("data");
}

Json PrometheusServer::query(const std::string& expression) const {
    return api("query?query=" + url_encoded(expression)).at("result");
}

double PrometheusServer::value(const std::string& expression, double at) const {
    const std::string time = at == 0 ? "" : "&time=" + std::to_string(at);
    const Json data = api("query?query=" + url_encoded(expression) + time);
    const Json& result = data.at("result");
    if (data.at("resultType") == "scalar") return number(result);
    if (result.empty()) return std::numeric_limits<double>::quiet_NaN();
    if (result.size() > 1) throw std::runtime_error("more than one value: " + expression);
    return number(result.at(0).at("value"));
}

std::vector<double> PrometheusServer::values(const std::string& expression, double from, double to) const {
    const Json data = api("query_range?query=" + url_encoded(expression) + "&start=" + std::to_string(from) +
                          "&end=" + std::to_string(to) + "&step=1");
    std::vector<double> values;
    for (const Json& series : data.at("result"))
        for (const Json& sample : series.at("values")) values.push_back(number(sample));
    return values;
}

std::string PrometheusServer::formatted(const std::string& expression) const {
    return api("format_query?query=" + url_encoded(expression)).get<std::string>();
}

}  // namespace flowtap::system_test
