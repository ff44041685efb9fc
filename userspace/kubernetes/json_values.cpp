// SPDX-License-Identifier: Apache-2.0
#include "kubernetes/json_values.h"

#include <algorithm>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <vector>

namespace flowtap {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kDeepest = 64;
constexpr std::size_t kMaxKeyBytes = 64;  // longer than every key of interest

// Keeps the path of the next value. Each open container remembers the length of the path outside it.
class Walk final : public Json::json_sax_t {
public:
    explicit Walk(const JsonVisitor& visitor) : visitor_(visitor) {}

    bool null() override { return true; }
    bool boolean(bool /*value*/) override { return true; }
    bool number_integer(number_integer_t value) override { return visit(std::to_string(value)); }
    bool number_unsigned(number_unsigned_t value) override { return visit(std::to_string(value)); }
    bool number_float(number_float_t /*value*/, const string_t& /*text*/) override { return true; }
    bool string(string_t& value) override { return visit(value); }
    bool binary(binary_t& /*value*/) override { return true; }

    bool start_object(std::size_t /*elements*/) override { return open(""); }
    bool key(string_t& name) override {
        path_.resize(outside_.back());
        path_.append("/").append(name, 0, std::min(name.size(), kMaxKeyBytes));
        return true;
    }
    bool end_object() override {
        close();
        visitor_.object_end(path_);
        return true;
    }
    bool start_array(std::size_t /*elements*/) override { return open("/[]"); }
    bool end_array() override {
        close();
        return true;
    }
    bool parse_error(std::size_t /*position*/, const std::string& /*token*/,
                     const Json::exception& /*error*/) override {
        return false;
    }

private:
    bool visit(const std::string& value) {
        visitor_.value(path_, value);
        return true;
    }
    bool open(const char* element) {
        outside_.push_back(path_.size());
        path_ += element;
        return outside_.size() <= kDeepest;
    }
    void close() {
        path_.resize(outside_.back());
        outside_.pop_back();
    }

    const JsonVisitor& visitor_;
    std::string path_;
    std::vector<std::size_t> outside_;
};

}  // namespace

bool visit_json(std::string_view text, const JsonVisitor& visitor) {
    Walk walk(visitor);
    return Json::sax_parse(text.begin(), text.end(), &walk);
}

}  // namespace flowtap
