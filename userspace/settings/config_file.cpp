// SPDX-License-Identifier: Apache-2.0
#include "settings/config_file.h"

#include <filesystem>
#include <utility>

#include "settings/run_option_table.h"
#include "yaml/map_reader.h"
#include "yaml/problems.h"
#include "yaml/text_file.h"
#include "yaml/yaml_document.h"

namespace flowtap {
namespace {

constexpr std::size_t kMaxItems = 1024;  // of one list option

std::vector<Text> values_of(const MapReader& map, const RunOption& option) {
    if (option.form == OptionForm::kList) return map.one_or_more(option.name, kMaxItems);
    const auto value = map.text(option.name, Need::kOptional);
    if (!value) return {};
    return {*value};
}

void read_option(const MapReader& map, const RunOption& option, const std::filesystem::path& directory,
                 RunOptions& options) {
    for (const Text& item : values_of(map, option)) {
        // operator/ keeps an absolute path.
        const std::string text = option.names_file ? (directory / item.value).string() : item.value;
        const Result<void> done = option.read(options, text);
        if (done) continue;
        map.scope().report(
            item.line,
            "key " + flowtap::quoted(option.name) + ": " + flowtap::quoted(text) + ": " + done.error().cause,
            done.error().remedy);
    }
}

void check_keys(const MapReader& map) {
    std::vector<Key> keys;
    for (const RunOption& option : run_option_table()) keys.push_back({option.name});
    map.check_keys(keys);
}

}  // namespace

Result<void> read_config_file(const std::string& path, const std::function<bool(std::string_view)>& given,
                              RunOptions& options) {
    Result<std::string> text = read_text_file(path);
    if (!text) {
        Error error = std::move(text).error();
        error.operation = "load config";
        return error;
    }
    Problems problems(path, "config");
    if (const auto fault = text_fault(*text)) {
        problems.add(fault->line, fault->cause, fault->remedy);
    } else if (const auto document = read_document(*text, problems)) {
        const MapReader map(*document, {problems, ""});
        if (document->IsMap()) check_keys(map);
        RunOptions overruled;
        for (const RunOption& option : run_option_table()) {
            read_option(map, option, std::filesystem::path(path).parent_path(),
                        given(option.name) ? overruled : options);
        }
    }
    if (!problems.empty()) return to_error(std::move(problems).take());
    return {};
}

}  // namespace flowtap
