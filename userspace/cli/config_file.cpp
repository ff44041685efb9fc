// SPDX-License-Identifier: Apache-2.0
#include "cli/config_file.h"

#include <charconv>
#include <optional>
#include <utility>

#include "profile/map_reader.h"
#include "profile/problems.h"
#include "profile/text_file.h"
#include "profile/yaml_document.h"

namespace flowtap {
namespace {

constexpr std::size_t kMaxItems = 1024;  // of one option
constexpr Choice<bool> kFlags[] = {{"true", true}, {"false", false}};

std::optional<pid_t> parse_pid(const std::string& text) {
    pid_t pid = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
    if (error != std::errc() || end != text.data() + text.size() || pid <= 0) return std::nullopt;
    return pid;
}

std::vector<pid_t> read_pids(const MapReader& map) {
    std::vector<pid_t> pids;
    for (const Text& item : map.one_or_more("pid", kMaxItems)) {
        if (const auto pid = parse_pid(item.value)) {
            pids.push_back(*pid);
        } else {
            map.scope().report(item.line, "key \"pid\": " + quoted(item.value) + " is no process ID",
                               "write a positive number");
        }
    }
    return pids;
}

std::vector<std::string> read_texts(const MapReader& map, std::string_view key) {
    std::vector<std::string> texts;
    for (Text& item : map.one_or_more(key, kMaxItems)) texts.push_back(std::move(item.value));
    return texts;
}

std::optional<ListenAddress> read_listen(const MapReader& map) {
    const auto text = map.text("listen", Need::kOptional);
    if (!text) return std::nullopt;
    Result<ListenAddress> address = parse_listen_address(text->value);
    if (address) return *address;
    map.scope().report(text->line, "key \"listen\": " + quoted(text->value) + ": " + address.error().cause,
                       address.error().remedy);
    return std::nullopt;
}

template <typename T>
void fill(std::vector<T>& option, std::vector<T> values) {
    if (option.empty()) option = std::move(values);
}

void read_options(const MapReader& map, RunOptions& options) {
    map.check_keys({{"pid"}, {"match"}, {"all"}, {"profile"}, {"listen"}});
    fill(options.pids, read_pids(map));
    fill(options.matches, read_texts(map, "match"));
    fill(options.profiles, read_texts(map, "profile"));
    options.all = map.choice("all", kFlags, Need::kOptional).value_or(false) || options.all;
    options.listen = read_listen(map).value_or(options.listen);
}

}  // namespace

Result<void> read_config_file(const std::string& path, RunOptions& options) {
    Result<std::string> text = read_text_file(path);
    if (!text) {
        Error error = std::move(text).error();
        error.operation = "load config";
        return error;
    }
    Problems problems(path, "config");
    if (const auto fault = text_fault(*text)) {
        problems.add(fault->line, fault->cause, "check that it is a YAML file");
    } else if (const auto document = read_document(*text, problems)) {
        const MapReader map(*document, {problems, ""});
        if (document->IsMap()) read_options(map, options);
    }
    if (!problems.empty()) return to_error(std::move(problems).take());
    return {};
}

}  // namespace flowtap
