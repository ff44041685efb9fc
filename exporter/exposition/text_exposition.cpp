// SPDX-License-Identifier: Apache-2.0
#include "exporter/exposition/text_exposition.h"

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace flowtap {

namespace {

constexpr std::string_view kTotal = "_total";

std::string_view type_name(FamilyType type) {
    switch (type) {
        case FamilyType::kCounter:
            return "counter";
        case FamilyType::kGauge:
            return "gauge";
        case FamilyType::kHistogram:
            return "histogram";
        case FamilyType::kSummary:
            return "summary";
    }
    return {};
}

template <typename Number>
void append_digits(std::string& text, Number number) {
    std::array<char, 32> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    text.append(digits.data(), end);
}

// The shortest text that reads back as the same number; whole numbers without an exponent.
void append_number(std::string& text, double number) {
    constexpr double kExact = 9007199254740992;  // 2^53
    if (number >= 0 && number < kExact && number == std::floor(number)) {
        append_digits(text, static_cast<std::uint64_t>(number));
    } else if (std::isnan(number)) {
        text += "NaN";
    } else if (std::isinf(number)) {
        text += number > 0 ? "+Inf" : "-Inf";
    } else {
        append_digits(text, number);
    }
}

// OpenMetrics writes numbers in labels as floats, "1.0", so that their text is always the same.
void append_label_number(std::string& text, double number, bool open_metrics) {
    const auto begin = text.size();
    append_number(text, number);
    if (open_metrics && text.find_first_of(".eN", begin) == std::string::npos) text += ".0";
}

void append_escaped(std::string& text, std::string_view value) {
    while (!value.empty()) {
        const auto plain = std::min(value.find_first_of("\\\"\n"), value.size());
        text += value.substr(0, plain);
        value.remove_prefix(plain);
        if (value.empty()) return;
        text += '\\';
        text += value.front() == '\n' ? 'n' : value.front();
        value.remove_prefix(1);
    }
}

}  // namespace

void TextExposition::begin(const FamilyHead& head) {
    name_ = head.name;
    const bool is_counter = head.type == FamilyType::kCounter && name_.ends_with(kTotal);
    const auto title =
        open_metrics() && is_counter ? head.name.substr(0, name_.size() - kTotal.size()) : head.name;
    text_.append("# HELP ").append(title).append(" ").append(head.help);
    text_.append("\n# TYPE ").append(title).append(" ").append(type_name(head.type)).append("\n");
    if (is_counter) name_.resize(name_.size() - kTotal.size());
}

void TextExposition::set_labels(LabelsView labels) {
    labels_.clear();
    for (const LabelView& label : labels) {
        if (!labels_.empty()) labels_ += ',';
        labels_.append(label.name).append("=\"");
        append_escaped(labels_, label.value);
        labels_ += '"';
    }
}

void TextExposition::line(std::string_view suffix, double value) {
    text_.append(name_).append(suffix);
    if (!labels_.empty()) text_.append("{").append(labels_).append("}");
    text_ += ' ';
    append_number(text_, value);
    text_ += '\n';
}

void TextExposition::created(double seconds) {
    if (open_metrics() && seconds > 0) line("_created", seconds);
}

void TextExposition::counter(LabelsView labels, double value, double created_at) {
    set_labels(labels);
    line(kTotal, value);
    created(created_at);
}

void TextExposition::gauge(LabelsView labels, double value) {
    set_labels(labels);
    line("", value);
}

void TextExposition::set_bounds(const BucketBounds& bounds) {
    if (bounds_ == &bounds) return;
    bounds_ = &bounds;
    bucket_ends_.clear();
    for (std::size_t index = 0; index < bounds.size(); ++index) {
        std::string end = "le=\"";
        append_label_number(end, bounds.seconds(index), open_metrics());
        bucket_ends_.push_back(end + "\"} ");
    }
    bucket_ends_.emplace_back("le=\"+Inf\"} ");
}

void TextExposition::histogram(const HistogramSample& sample) {
    set_labels(sample.labels);
    set_bounds(sample.shape.bounds);
    std::string begin = name_ + "_bucket{" + labels_;
    if (!labels_.empty()) begin += ',';
    const bool has_exemplar = open_metrics() && sample.histogram.exemplar().end_ns != 0;
    const auto with_exemplar =
        has_exemplar ? sample.shape.bounds.bucket_of(sample.histogram.exemplar().duration_ns) : SIZE_MAX;
    std::uint64_t cumulative = 0;
    for (std::size_t index = 0; index < bucket_ends_.size(); ++index) {
        cumulative += sample.histogram.in_bucket(index);
        text_.append(begin).append(bucket_ends_[index]);
        append_digits(text_, cumulative);
        if (index == with_exemplar) exemplar(sample);
        text_ += '\n';
    }
    line("_sum", static_cast<double>(sample.histogram.sum_ns()) / 1e9);
    line("_count", static_cast<double>(cumulative));
    created(sample.created);
}

void TextExposition::exemplar(const HistogramSample& sample) {
    const Exemplar& exemplar = sample.histogram.exemplar();
    text_ += " # {pid=\"";
    append_digits(text_, exemplar.tgid);
    text_ += "\",tid=\"";
    append_digits(text_, exemplar.tid);
    text_ += "\"} ";
    append_number(text_, static_cast<double>(exemplar.duration_ns) / 1e9);
    text_ += ' ';
    append_number(text_, sample.exemplar_end);
}

void TextExposition::quantiles(const SummarySample& sample) {
    for (const auto& [quantile, value] : sample.quantiles) {
        text_.append(name_).append("{").append(labels_).append(labels_.empty() ? "" : ",");
        text_ += "quantile=\"";
        append_label_number(text_, quantile, open_metrics());
        text_ += "\"} ";
        append_number(text_, value);
        text_ += '\n';
    }
}

void TextExposition::summary(const SummarySample& sample) {
    set_labels(sample.labels);
    quantiles(sample);
    line("_sum", sample.sum);
    line("_count", static_cast<double>(sample.count));
    created(sample.created);
}

std::string TextExposition::take() {
    if (open_metrics()) text_ += "# EOF\n";
    return std::move(text_);
}

}  // namespace flowtap
