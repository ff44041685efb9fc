// SPDX-License-Identifier: Apache-2.0
#include "exposition.h"

#include <algorithm>
#include <sstream>
#include <stdexcept>

namespace flowtap::system_test {
namespace {

class LineReader {
public:
    explicit LineReader(const std::string& line) : line_(line) {}

    Sample read() {
        Sample sample;
        sample.name = until("{ ");
        if (peek() == '{') sample.labels = labels();
        expect(' ');
        std::size_t used = 0;
        const std::string value = line_.substr(at_);
        sample.value = std::stod(value, &used);
        if (used != value.size()) refuse();
        return sample;
    }

private:
    [[noreturn]] void refuse() const { throw std::runtime_error("not of the text format: " + line_); }

    [[nodiscard]] char peek() const {
        if (at_ >= line_.size()) refuse();
        return line_[at_];
    }

    void expect(char wanted) {
        if (peek() != wanted) refuse();
        ++at_;
    }

    std::string until(const char* stops) {
        const std::size_t end = line_.find_first_of(stops, at_);
        if (end == std::string::npos || end == at_) refuse();
        const std::size_t begin = at_;
        at_ = end;
        return line_.substr(begin, end - begin);
    }

    Labels labels() {
        Labels labels;
        expect('{');
        while (peek() != '}') {
            const std::string key = until("=");
            expect('=');
            if (!labels.emplace(key, quoted()).second) refuse();
            if (peek() != '}') expect(',');
        }
        expect('}');
        return labels;
    }

    std::string quoted() {
        std::string text;
        expect('"');
        for (; peek() != '"'; ++at_) text += peek() == '\\' ? escaped() : peek();
        expect('"');
        return text;
    }

    char escaped() {
        ++at_;
        if (peek() == 'n') return '\n';
        if (peek() != '\\' && peek() != '"') refuse();
        return peek();
    }

    const std::string& line_;
    std::size_t at_ = 0;
};

bool matches(const Sample& sample, const std::string& name, const Labels& labels) {
    return sample.name == name && std::ranges::all_of(labels, [&](const auto& label) {
               const auto found = sample.labels.find(label.first);
               return found != sample.labels.end() && found->second == label.second;
           });
}

}  // namespace

std::string to_text(const std::string& name, const Labels& labels) {
    std::ostringstream text;
    const char* separator = "{";
    for (const auto& [key, value] : labels) {
        text << separator << key << "=\"" << value << '"';
        separator = ",";
    }
    return name + (labels.empty() ? "" : text.str() + "}");
}

Exposition Exposition::parse(const std::string& text) {
    Exposition exposition;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (!line.empty() && line.front() != '#') exposition.samples_.push_back(LineReader(line).read());
    }
    return exposition;
}

Exposition Exposition::since(const Exposition& earlier) const {
    std::map<std::pair<std::string, Labels>, double> before;
    for (const Sample& sample : earlier.samples_) before[{sample.name, sample.labels}] = sample.value;
    Exposition added = *this;
    for (Sample& sample : added.samples_) sample.value -= before[{sample.name, sample.labels}];
    return added;
}

Exposition Exposition::select(const std::function<bool(Sample&)>& keep) const {
    Exposition selected;
    for (Sample sample : samples_)
        if (keep(sample)) selected.samples_.push_back(std::move(sample));
    return selected;
}

double Exposition::sum(const std::string& name, const Labels& labels) const {
    double sum = 0;
    for (const Sample& sample : samples_) sum += matches(sample, name, labels) ? sample.value : 0;
    return sum;
}

bool Exposition::has(const std::string& name, const Labels& labels) const {
    return std::ranges::any_of(samples_, [&](const Sample& sample) { return matches(sample, name, labels); });
}

}  // namespace flowtap::system_test
