// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.h"

#include <CLI/CLI.hpp>
#include <cmath>

#include "cli/profiles.h"
#include "cli/run_option_table.h"
#include "version.h"

namespace flowtap {
namespace {

constexpr double kLongestTraceSeconds = 86'400;

Error usage_error(std::string cause) {
    return {"read command line", "", std::move(cause), "see flowtap --help", Error::Kind::kUsage};
}

struct Parser {
    CLI::App app{"Metrics of running workflow engines, from outside: no change to the code, no restart.",
                 "flowtap"};
    RunArguments run;
    PlanOptions plan;
    CheckOptions check;
    TraceOptions trace;
    double trace_seconds = 0;
    CLI::App* run_command = nullptr;
    CLI::App* plan_command = nullptr;
    CLI::App* check_command = nullptr;
    CLI::App* trace_command = nullptr;

    Parser() {
        app.set_version_flag("--version", std::string("flowtap ") + kVersion);
        app.require_subcommand(1);
        add_run();
        add_plan();
        add_check();
        add_trace();
    }

    void add_run() {
        run_command = app.add_subcommand("run", "attach, collect and serve metrics until told to stop");
        for (const RunOption& option : run_option_table()) add(option);
        run_command->add_option("--config", run.config, "a YAML file with these options by name");
        run_command->add_flag("--check", run.check_only, "validate config and profiles, attach nothing");
    }

    void add(const RunOption& option) {
        const std::string name = std::string("--") + option.name;
        if (option.form == OptionForm::kFlag) {
            run_command->add_flag_callback(
                name, [this, option] { run.given[option.name] = {"true"}; }, option.help);
            return;
        }
        CLI::Option* added = run_command->add_option(name, run.given[option.name], option.help);
        added->type_name("TEXT")->allow_extra_args(false);
        if (option.form == OptionForm::kValue) added->expected(1);
    }

    void add_plan() {
        plan_command = app.add_subcommand("plan", "say what would be attached in a process; attach nothing");
        plan_command->add_option("--pid", plan.pid, "the process")->required();
        plan_command->add_option("--profile", plan.profiles,
                                 "a profile of your own engine, in YAML (repeatable)");
        plan_command
            ->add_option_function<std::string>(
                "--prefer",
                [this](const std::string& what) { plan.preference = parse_preference(what).value(); },
                "complete (default) or cheap, as in flowtap run")
            ->check(CLI::IsMember({"complete", "cheap"}));
        plan_command->add_flag("--no-running-seconds", plan.no_running_seconds, "as for run: fewer probes");
        plan_command->add_flag("--json", plan.json, "for programs");
    }

    void add_check() {
        check_command = app.add_subcommand("check", "can this machine and this user run flowtap?");
        check_command->add_flag("--json", check.json, "for programs");
    }

    void add_trace() {
        trace_command = app.add_subcommand("trace", "record the executions of a process to a trace file");
        trace_command->add_option("--pid", trace.pid, "the process")->required();
        trace_command
            ->add_option("--output", trace.output, "the file, for ui.perfetto.dev or chrome://tracing")
            ->required();
        trace_command->add_option("--duration", trace_seconds, "seconds; without it until interrupted")
            ->check(CLI::Range(0.001, kLongestTraceSeconds));
        trace_command->add_option("--profile", trace.profiles,
                                  "a profile of your own engine, in YAML (repeatable)");
    }

    Command traced() {
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
        return Command(ShowText{chosen.empty() ? parser.app.help() : chosen.front()->help()});
    } catch (const CLI::ParseError& error) {
        return usage_error(error.what());
    }
    if (parser.plan_command->parsed()) return Command(parser.plan);
    if (parser.check_command->parsed()) return Command(parser.check);
    if (parser.trace_command->parsed()) return parser.traced();
    std::erase_if(parser.run.given, [](const auto& option) { return option.second.empty(); });
    return Command(parser.run);
}

}  // namespace flowtap
