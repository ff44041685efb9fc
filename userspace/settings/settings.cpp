// SPDX-License-Identifier: Apache-2.0
#include "settings/settings.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "settings/config_file.h"
#include "settings/profiles.h"
#include "settings/run_option_table.h"

namespace flowtap {
namespace {

// The first error, with the messages of the others.
class Gathered {
public:
    void add(const Result<void>& done) {
        if (!done) add(done.error());
    }
    void add(const Error& error) {
        if (!first_) {
            first_ = error;
            return;
        }
        first_->others.push_back(error.message());
        std::ranges::copy(error.others, std::back_inserter(first_->others));
    }
    [[nodiscard]] const std::optional<Error>& error() const { return first_; }

private:
    std::optional<Error> first_;
};

void read_given(const RunArguments& arguments, RunOptions& options, Gathered& wrong) {
    for (const auto& [name, values] : arguments.given) {
        const RunOption* option = find_run_option(name);
        for (const std::string& value : values) {
            const Result<void> done = option->read(options, value);
            if (done) continue;
            wrong.add(Error{"read --" + name, "\"" + value + "\"", done.error().cause, done.error().remedy,
                            Error::Kind::kUsage});
        }
    }
}

bool has_target(const RunOptions& options) {
    return !options.pids.empty() || !options.matches.empty() || options.all;
}

// The API server is only used for some labels: without such a label, the option is a mistake.
Result<void> check_kubernetes(const RunOptions& options) {
    const auto names_pods = [](TargetLabel label) {
        return label == TargetLabel::kPod || label == TargetLabel::kNamespace;
    };
    if (!options.kubernetes_api || std::ranges::any_of(options.target_labels, names_pods)) return {};
    return Error{"read options", "",
                 "kubernetes-api is for the labels pod and namespace, which were not chosen",
                 "add target_labels: [namespace, pod], or leave kubernetes-api out", Error::Kind::kUsage};
}

}  // namespace

Result<Settings> load_settings(const RunArguments& arguments) {
    Gathered wrong;
    Settings settings;
    read_given(arguments, settings.options, wrong);
    const auto given = [&](std::string_view name) { return arguments.given.contains(std::string(name)); };
    if (!arguments.config.empty()) wrong.add(read_config_file(arguments.config, given, settings.options));
    Result<std::vector<Profile>> profiles = load_profiles(settings.options.profiles);
    if (profiles) {
        settings.profiles = std::move(*profiles);
    } else {
        wrong.add(profiles.error());
    }
    wrong.add(check_kubernetes(settings.options));
    if (wrong.error()) return *wrong.error();
    if (!has_target(settings.options) && !arguments.check_only) {
        return Error{"read command line", "", "no target is selected", "give --pid N, --match REGEX or --all",
                     Error::Kind::kUsage};
    }
    return settings;
}

std::vector<const char*> fixed_changes(const RunOptions& running, const RunOptions& wanted) {
    std::vector<const char*> names;
    for (const RunOption& option : run_option_table())
        if (option.fixed && !option.same(running, wanted)) names.push_back(option.name);
    return names;
}

}  // namespace flowtap
