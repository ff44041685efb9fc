// SPDX-License-Identifier: Apache-2.0
#include "settings/run_option_table.h"

#include <algorithm>
#include <charconv>

#include "discovery/pattern.h"
#include "process/whereabouts.h"
#include "settings/kernel_options.h"
#include "settings/metrics_options.h"
#include "settings/profiles.h"
#include "yaml/text_file.h"

namespace flowtap {
namespace {

Error refused_value(std::string cause, std::string remedy) {
    return {"", "", std::move(cause), std::move(remedy), Error::Kind::kUsage};
}

Result<void> read_pid(RunOptions& options, const std::string& text) {
    pid_t pid = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
    if (error != std::errc() || end != text.data() + text.size() || pid <= 0)
        return refused_value("not a process ID", "give a positive number");
    options.pids.push_back(pid);
    return {};
}

Result<void> read_match(RunOptions& options, const std::string& text) {
    if (Result<Pattern> pattern = Pattern::compile(text); !pattern) return pattern.error();
    options.matches.push_back(text);
    return {};
}

Result<void> read_flag(bool& flag, const std::string& text) {
    if (text != "true" && text != "false") return refused_value("neither true nor false", "give one of them");
    flag = text == "true";
    return {};
}

Result<void> read_all(RunOptions& options, const std::string& text) { return read_flag(options.all, text); }

Result<void> read_no_running_seconds(RunOptions& options, const std::string& text) {
    return read_flag(options.no_running_seconds, text);
}

Result<void> read_attach_on_use(RunOptions& options, const std::string& text) {
    return read_flag(options.attach_on_use, text);
}

// load_profiles() reports mistakes inside the file, with its line numbers.
Result<void> read_profile(RunOptions& options, const std::string& text) {
    if (Result<std::string> content = read_text_file(text); !content) return content.error();
    options.profiles.push_back(text);
    return {};
}

Result<void> read_prefer(RunOptions& options, const std::string& text) {
    const std::optional<Preference> preference = parse_preference(text);
    if (!preference) return refused_value("neither complete nor cheap", "give one of them");
    options.preference = *preference;
    return {};
}

Result<void> read_max_overhead(RunOptions& options, const std::string& text) {
    if (text == "off") {
        options.max_overhead.reset();
        return {};
    }
    double percent = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), percent);
    if (error != std::errc() || end != text.data() + text.size() || !(percent > 0) || percent > 1000)
        return refused_value("not a percentage", "give a number above 0, at most 1000, or off");
    options.max_overhead = percent / 100;
    return {};
}

Result<void> read_listen(RunOptions& options, const std::string& text) {
    Result<ListenAddress> address = parse_listen_address(text);
    if (!address) return address.error();
    options.listen = *address;
    return {};
}

// As with profiles, mistakes inside the file are reported with its line numbers.
Result<void> read_web_config_file(RunOptions& options, const std::string& text) {
    if (Result<std::string> content = read_text_file(text); !content) return content.error();
    options.web_config_file = text;
    return {};
}

Result<void> read_web_enable_lifecycle(RunOptions& options, const std::string& text) {
    return read_flag(options.web_enable_lifecycle, text);
}

Result<void> read_kubernetes_api(RunOptions& options, const std::string& text) {
    return read_flag(options.kubernetes_api, text);
}

Result<void> read_kubernetes_node(RunOptions& options, const std::string& text) {
    if (as_name(text).empty() || as_name(text) != text)
        return refused_value("not the name of a node", "write it as kubectl get nodes does");
    options.kubernetes_node = text;
    return {};
}

Result<void> read_kubernetes_credentials(RunOptions& options, const std::string& text) {
    if (text.empty()) return refused_value("not a directory", "name the one that has token and ca.crt");
    options.kubernetes_credentials = text;
    return {};
}

template <auto Member>
bool same(const RunOptions& left, const RunOptions& right) {
    return left.*Member == right.*Member;
}

constexpr RunOption kTable[] = {
    {.name = "pid",
     .form = OptionForm::kList,
     .help = "watch this process (repeatable)",
     .read = read_pid,
     .same = same<&RunOptions::pids>,
     .also_of_top = true},
    {.name = "match",
     .form = OptionForm::kList,
     .help =
         "watch processes whose command line matches this regular expression, in RE2's syntax (repeatable)",
     .read = read_match,
     .same = same<&RunOptions::matches>,
     .also_of_top = true},
    {.name = "all",
     .form = OptionForm::kFlag,
     .help = "watch every process that a profile fits, now and later",
     .read = read_all,
     .same = same<&RunOptions::all>,
     .also_of_top = true},
    {.name = "profile",
     .form = OptionForm::kList,
     .help = "a profile of your own engine, in YAML (repeatable)",
     .read = read_profile,
     .same = same<&RunOptions::profiles>,
     .names_file = true,
     .also_of_top = true},
    {.name = "prefer",
     .form = OptionForm::kValue,
     .help = "cheap (default): count every execution, each by the cheapest mechanism that is exact in "
             "counts; complete: durations also include an engine's own work around a node, at a higher cost. "
             "`flowtap plan` shows the difference",
     .read = read_prefer,
     .same = same<&RunOptions::preference>,
     .also_of_top = true},
    {.name = "max-overhead",
     .form = OptionForm::kValue,
     .help = "limit of the CPU time that probes add to a target, in percent of its own, averaged over a "
             "minute (5). Above it, flowtap falls back to cheaper mechanisms, logs that, and tries again "
             "later; off: no limit",
     .read = read_max_overhead,
     .same = same<&RunOptions::max_overhead>},
    {.name = "attach-on-use",
     .form = OptionForm::kFlag,
     .help = "attach to a Python process only once it has created a runtime or node: until then it has no "
             "overhead. Executions in the first 0.1 s after that are not counted",
     .read = read_attach_on_use,
     .same = same<&RunOptions::attach_on_use>,
     .also_of_top = true},
    {.name = "no-running-seconds",
     .form = OptionForm::kFlag,
     .help = "do not separate the time asynchronous nodes run from the time they are suspended; saves one "
             "cheap probe hit per step of a task",
     .read = read_no_running_seconds,
     .same = same<&RunOptions::no_running_seconds>,
     .also_of_top = true,
     .fixed = true},
    {.name = "listen",
     .form = OptionForm::kValue,
     .help = "address and port to serve HTTP on (0.0.0.0:9847)",
     .read = read_listen,
     .same = same<&RunOptions::listen>,
     .fixed = true},
    {.name = "web.config.file",
     .form = OptionForm::kValue,
     .help = "TLS, users and headers, in the format of Prometheus' exporter-toolkit",
     .read = read_web_config_file,
     .same = same<&RunOptions::web_config_file>,
     .names_file = true,
     .fixed = true},
    {.name = "web.enable-lifecycle",
     .form = OptionForm::kFlag,
     .help = "let POST /-/reload reload the configuration",
     .read = read_web_enable_lifecycle,
     .same = same<&RunOptions::web_enable_lifecycle>,
     .fixed = true},
    {.name = "events-buffer",
     .form = OptionForm::kValue,
     .help = "size of the ring buffer that carries events from the kernel: a power of two from 4KiB to "
             "256MiB (8MiB)",
     .read = read_events_buffer,
     .same = same<&RunOptions::events_buffer_bytes>,
     .fixed = true},
    {.name = "max-open-executions",
     .form = OptionForm::kValue,
     .help = "how many executions of all targets may be open at once, from 16 to 1000000 (65536); those that "
             "begin beyond it are counted as lost",
     .read = read_max_open_executions,
     .same = same<&RunOptions::max_open_executions>,
     .fixed = true},
    {.name = "buckets",
     .form = OptionForm::kList,
     .help = "upper bounds of histogram buckets, in seconds, such as 0.01,0.1,1 (1 ms to 10 min)",
     .read = read_buckets,
     .same = same<&RunOptions::buckets>,
     .fixed = true},
    {.name = "native-histograms",
     .form = OptionForm::kValue,
     .help = "resolution of native histograms: a schema from -4 to 8, or off (3)",
     .read = read_native_histograms,
     .same = same<&RunOptions::native_histograms>,
     .fixed = true},
    {.name = "latency-quantiles",
     .form = OptionForm::kList,
     .help = "quantiles of workflow_latency_seconds, such as 0.5,0.99 (none)",
     .read = read_latency_quantiles,
     .same = same<&RunOptions::latency_quantiles>,
     .fixed = true},
    {.name = "series-expiry",
     .form = OptionForm::kValue,
     .help =
         "drop the series of a workflow that was not seen for this time, such as 30m or 2d; 0: never (1h)",
     .read = read_series_expiry,
     .same = same<&RunOptions::series_expiry_s>},
    {.name = "series-limit",
     .form = OptionForm::kValue,
     .help = "label sets per metric; further ones are counted under _other (10000)",
     .read = read_series_limit,
     .same = same<&RunOptions::series_limit>},
    {.name = "target_labels",
     .form = OptionForm::kList,
     .help = "labels that distinguish targets: any of pid, exe, container, pod, namespace, node (none)",
     .read = read_target_labels,
     .same = same<&RunOptions::target_labels>,
     .fixed = true},
    {.name = "kubernetes-api",
     .form = OptionForm::kFlag,
     .help = "take the labels pod and namespace from the cluster's API server; the service account must be "
             "allowed to list and watch pods",
     .read = read_kubernetes_api,
     .same = same<&RunOptions::kubernetes_api>,
     .fixed = true},
    {.name = "kubernetes-node",
     .form = OptionForm::kValue,
     .help = "name of this node, for the label node and the API server (environment variable NODE_NAME)",
     .read = read_kubernetes_node,
     .same = same<&RunOptions::kubernetes_node>,
     .fixed = true},
    {.name = "kubernetes-credentials",
     .form = OptionForm::kValue,
     .help = "directory with the service account's token and ca.crt "
             "(/var/run/secrets/kubernetes.io/serviceaccount)",
     .read = read_kubernetes_credentials,
     .same = same<&RunOptions::kubernetes_credentials>,
     .names_file = true,
     .fixed = true},
};

}  // namespace

std::span<const RunOption> run_option_table() { return kTable; }

const RunOption* find_run_option(std::string_view name) {
    const auto found = std::ranges::find(kTable, name, &RunOption::name);
    return found == std::end(kTable) ? nullptr : found;
}

}  // namespace flowtap
