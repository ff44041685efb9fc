// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace flowtap::system_test {

using Labels = std::map<std::string, std::string>;

struct Sample {
    std::string name;
    Labels labels;
    double value = 0;
};

// name{key="value",...}: for messages.
std::string to_text(const std::string& name, const Labels& labels);

// One answer of /metrics in Prometheus' text format 0.0.4.
class Exposition {
public:
    // Throws on a line that is not of the format: a scraper would refuse the whole answer.
    static Exposition parse(const std::string& text);

    // What was added to each sample since an earlier answer.
    [[nodiscard]] Exposition since(const Exposition& earlier) const;
    // The samples that are to be kept, with what the function made of them.
    [[nodiscard]] Exposition select(const std::function<bool(Sample&)>& keep) const;
    [[nodiscard]] const std::vector<Sample>& samples() const { return samples_; }
    // Of all samples of the name that have these labels among theirs; 0 where there is none.
    [[nodiscard]] double sum(const std::string& name, const Labels& labels = {}) const;
    [[nodiscard]] bool has(const std::string& name, const Labels& labels = {}) const;

private:
    std::vector<Sample> samples_;
};

}  // namespace flowtap::system_test
