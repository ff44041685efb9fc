// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "child.h"
#include "temporary_directory.h"

namespace flowtap::system_test {

// A program of Debian's package prometheus ("prometheus", "promtool"): of PATH, or where scripts/test.sh
// unpacked the package. Empty when there is none.
std::string prometheus_program(const std::string& name);

// A Prometheus server on loopback that scrapes one port every second, as job "flowtap"; it answers queries
// once constructed. Throws, with what it said, when it does not come to that.
class PrometheusServer {
public:
    // `features` as --enable-feature takes them.
    explicit PrometheusServer(std::uint16_t scraped_port, const std::string& rule_file = {},
                              const std::string& features = {});

    // The result of an instant query. Throws where Prometheus refuses it.
    [[nodiscard]] nlohmann::json query(const std::string& expression) const;
    // Its one value: of a scalar, or of a vector with one element; NaN where the vector is empty. `at` is a
    // time of the Unix clock; 0 is now.
    [[nodiscard]] double value(const std::string& expression, double at = 0) const;
    // Every value of every series of a range query, in steps of a second.
    [[nodiscard]] std::vector<double> values(const std::string& expression, double from, double to) const;
    // The expression as Prometheus writes it; throws where it does not parse.
    [[nodiscard]] std::string formatted(const std::string& expression) const;
    // What /api/v1/<path> answers, without its envelope. Throws unless it is a success.
    [[nodiscard]] nlohmann::json api(const std::string& path) const;

private:
    TemporaryDirectory directory_;
    std::uint16_t port_;
    std::unique_ptr<Child> server_;
};

}  // namespace flowtap::system_test
