// SPDX-License-Identifier: Apache-2.0
#include "settings/arguments.h"

#include <CLI/CLI.hpp>
#include <cmath>

#include "settings/profiles.h"
#include "settings/run_option_table.h"
#include "version.h"

namespace flowtap {
namespace {

constexpr double kLongestTraceSeconds = 86'400;
constexpr double kLongestIntervalSeconds = 3'600;

Error usage_error(std::string cause) {
    return {"read command line", "", std::move(cause), "see flowtap --help", Error::Kind::kUsage};
}

// CLI11 says "--pid: 1 required TEXT missing".
std::string cause_of(const CLI::ParseError& error) {
    const std::string text = error.what();
    const std::size_t end = text.find(": 1 required ");
    return end == std::string::npos ? text : text.substr(0, end) + " has no value";
}

struct Parser {
    CLI::App app{"Metrics of running workflow engines, from outside: no change to the code, no restart.",
                 "flowtap"};
    RunArguments run;
    PlanOptions plan;
    CheckOptions check;
    TraceOptions trace;
    double trace_seconds = 0;
    double plan_seconds = 0;
    TopOptions top;
    double top_seconds = 1;
    CLI::App* run_command = nullptr;
    CLI::App* plan_command = nullptr;
    CLI::App* check_command = nullptr;
    CLI::App* trace_command = nullptr;
    CLI::App* top_command = nullptr;

    Parser() {
        app.set_version_flag("--version", std::string("flowtap ") + kVersion);
        app.require_subcommand(1);
        add_run();
        add_plan();
        add_check();
        add_trace();
        add_top();
    }

    void add_run() {
        run_command = app.add_subcommand("run", "attach, collect and serve metrics until stopped");
        for (const RunOption& option : run_option_table()) add(option, *run_command, run);
        run_command->add_option("--config", run.config, "a YAML file with these options by name");
        run_command->add_flag("--check", run.check_only, "check the configuration and profiles, then exit");
    }

    static void add(const RunOption& option, CLI::App& command, RunArguments& into) {
        const std::string name = std::string("--") + option.name;
        if (option.form == OptionForm::kFlag) {
            command.add_flag_callback(
                name, [&into, option] { into.given[option.name] = {"true"}; }, option.help);
            return;
        }
        CLI::Option* added = command.add_option(name, into.given[option.name], option.help);
        added->type_name("TEXT")->allow_extra_args(false);
        if (option.form == OptionForm::kValue) added->expected(1);
    }

    void add_plan() {
        plan_command = app.add_subcommand("plan",
                                          "show what would be observed in a process, how, and at what cost; "
                                          "attaches nothing, unless --measure is given");
        plan_command->add_option("--pid", plan.pid, "PID of the process")->required();
        plan_command->add_option("--profile", plan.profiles,
                                 "a profile of your own engine, in YAML (repeatable)");
        plan_command
            ->add_option_function<std::string>(
                "--prefer",
                [this](const std::string& what) { plan.preference = parse_preference(what).value(); },
                "cheap (default) or complete, as for run")
            ->check(CLI::IsMember({"complete", "cheap"}));
        plan_command->add_flag("--attach-on-use", plan.attach_on_use,
                               "as for run: show what is observed once the first object exists");
        plan_command->add_flag("--no-running-seconds", plan.no_running_seconds, "as for run");
        plan_command
            ->add_option(
                "--measure", plan_seconds,
                "attach for this many seconds, count probe hits, and show what they cost the process")
            ->check(CLI::Range(0.1, kLongestTraceSeconds));
        plan_command->add_flag("--sites", plan.sites,
                               "also show every probe site with its address and instruction, and the "
                               "mechanisms that were not chosen");
        plan_command->add_flag("--json", plan.json, "print everything as JSON");
    }

    void add_check() {
        check_command = app.add_subcommand("check",
                                           "find out whether this machine and user can run flowtap: try "
                                           "every mechanism and measure what its hits cost");
        check_command->add_flag("--json", check.json, "print JSON");
    }

    void add_trace() {
        trace_command = app.add_subcommand("trace", "record the executions of a process to a trace file");
        trace_command->add_option("--pid", trace.pid, "PID of the process")->required();
        trace_command
            ->add_option("--output", trace.output,
                         "the file to write, for ui.perfetto.dev or chrome://tracing")
            ->required();
        trace_command
            ->add_option("--duration", trace_seconds,
                         "how many seconds to record (default: until interrupted)")
            ->check(CLI::Range(0.001, kLongestTraceSeconds));
        trace_command->add_option("--profile", trace.profiles,
                                  "a profile of your own engine, in YAML (repeatable)");
    }

    void add_top() {
        top_command = app.add_subcommand("top", "show the busiest workflows and nodes, live");
        top_command->add_option("--url", top.url, "URL of a running daemon, such as http://localhost:9847");
        top_command->add_option("--cacert", top.ca_file, "CA certificates for an https URL, in PEM");
        for (const RunOption& option : run_option_table())
            if (option.also_of_top) add(option, *top_command, top.watched);
        top_command->add_option("--config", top.watched.config, "as for run");
        top_command->add_option("--interval", top_seconds, "seconds between updates (1)")
            ->check(CLI::Range(0.1, kLongestIntervalSeconds));
        CLI::Option* count = top_command->add_option("--count", top.count,
                                                     "print this many snapshots as plain text, then exit");
        count->check(CLI::PositiveNumber);
        top_command
            ->add_flag_callback(
                "--once", [this] { top.count = 1; }, "print one snapshot as plain text, then exit")
            ->excludes(count);
    }

    bool names_command(const std::string& word) const {
        return !app.get_subcommands([&](const CLI::App* one) { return one->get_name() == word; }).empty();
    }

    // CLI11 speaks of subcommands, and reports an unknown one as missing.
    std::optional<std::string> unknown_command(int argc, const char* const* argv) const {
        if (argc < 2) return "no command is given";
        if (argv[1][0] == '-' || names_command(argv[1])) return std::nullopt;
        return "no such command: " + std::string(argv[1]);
    }

    Result<Command> finished_top() {
        std::erase_if(top.watched.given, [](const auto& option) { return option.second.empty(); });
        const bool watches = !top.watched.given.empty() || !top.watched.config.empty();
        if (top.url.empty() == !watches)
            return usage_error("top needs either --url or processes: --pid N, --match REGEX or --all");
        if (top.url.empty() && !top.ca_file.empty()) return usage_error("--cacert is for --url");
        top.interval = std::chrono::milliseconds(std::llround(top_seconds * 1000));
        return Command(top);
    }

    Command finished_plan() {
        if (plan_seconds > 0) plan.measure = std::chrono::milliseconds(std::llround(plan_seconds * 1000));
        return plan;
    }

    Command finished_trace() {
        if (trace_seconds > 0) trace.duration = std::chrono::milliseconds(std::llround(trace_seconds * 1000));
        return trace;
    }
};

}  // namespace

Result<Command> parse_arguments(int argc, const char* const* argv) {
    Parser parser;
    try {
        parser.app.parse(argc, argv);
    } catch (const CLI::CallForVersion&) {
        return Command(ShowText{std::string("flowtap ") + kVersion + "\n"});
    } catch (const CLI::CallForHelp&) {
        const auto chosen = parser.app.get_subcommands();
        return Command(ShowText{chosen.empty() ? parser.app.help() : chosen.front()->help("flowtap")});
    } catch (const CLI::ParseError& error) {
        return usage_error(parser.unknown_command(argc, argv).value_or(cause_of(error)));
    }
    if (parser.plan_command->parsed()) return parser.finished_plan();
    if (parser.check_command->parsed()) return Command(parser.check);
    if (parser.trace_command->parsed()) return parser.finished_trace();
    if (parser.top_command->parsed()) return parser.finished_top();
    std::erase_if(parser.run.given, [](const auto& option) { return option.second.empty(); });
    return Command(parser.run);
}

}  // namespace flowtap
