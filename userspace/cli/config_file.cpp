// SPDX-License-Identifier: Apache-2.0
#include "cli/config_file.h"

#include <yaml-cpp/yaml.h>

namespace flowtap {
namespace {

constexpr const char* kKeys = "pid, match, all, profile, listen";

Error config_error(const std::string& path, const YAML::Mark& mark, std::string cause, std::string remedy = {}) {
    return {"load config", path + ":" + std::to_string(mark.line + 1), std::move(cause), std::move(remedy),
            Error::Kind::kUsage};
}

// One value or a list of them.
template <typename T>
std::vector<T> list_of(const YAML::Node& node) {
    if (node.IsSequence()) return node.as<std::vector<T>>();
    return {node.as<T>()};
}

template <typename T>
void fill(std::vector<T>& option, const YAML::Node& node) {
    if (option.empty()) option = list_of<T>(node);
}

Result<void> fill_listen(ListenAddress& option, const YAML::Node& node) {
    Result<ListenAddress> address = parse_listen_address(node.as<std::string>());
    if (!address) return address.error();
    if (option == ListenAddress{}) option = *address;
    return {};
}

Result<void> apply(const std::string& path, RunOptions& options, const std::string& key, const YAML::Node& node,
                   const YAML::Mark& at) {
    if (key == "pid") {
        fill(options.pids, node);
    } else if (key == "match") {
        fill(options.matches, node);
    } else if (key == "all") {
        options.all = options.all || node.as<bool>();
    } else if (key == "profile") {
        fill(options.profiles, node);
    } else if (key == "listen") {
        if (Result<void> done = fill_listen(options.listen, node); !done)
            return config_error(path, at, done.error().message());
    } else {
        return config_error(path, at, "unknown key \"" + key + "\"", std::string("known: ") + kKeys);
    }
    return {};
}

Result<void> apply_all(const std::string& path, RunOptions& options, const YAML::Node& root) {
    if (!root.IsMap()) return config_error(path, root.Mark(), "is no mapping of option names to values");
    for (const auto& entry : root) {
        const YAML::Mark at = entry.first.Mark();
        try {
            Result<void> done = apply(path, options, entry.first.as<std::string>(), entry.second, at);
            if (!done) return done;
        } catch (const YAML::Exception&) {
            return config_error(path, at, "\"" + entry.first.as<std::string>("?") + "\" has a value of the wrong type");
        }
    }
    return {};
}

}  // namespace

Result<void> read_config_file(const std::string& path, RunOptions& options) {
    try {
        return apply_all(path, options, YAML::LoadFile(path));
    } catch (const YAML::BadFile&) {
        return Error{"load config", path, "cannot be read", "", Error::Kind::kUsage};
    } catch (const YAML::Exception& error) {
        return config_error(path, error.mark, error.msg);
    }
}

}  // namespace flowtap
