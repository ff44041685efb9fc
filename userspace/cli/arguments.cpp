// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.h"

#include <CLI/CLI.hpp>
#include <optional>

#include "cli/config_file.h"
#include "version.h"

namespace flowtap {
namespace {

Error usage_error(std::string cause) {
    return {"read command line", "", std::move(cause), "see flowtap --help", Error::Kind::kUsage};
}

struct Parser {
    CLI::App app{"Metrics of running workflow engines, from outside: no change to the code, no restart.",
                 "flowtap"};
    RunOptions run;
    PlanOptions plan;
    CheckOptions check;
    std::string listen;
    std::string config;
    CLI::App* run_command = nullptr;
    CLI::App* plan_command = nullptr;
    CLI::App* check_command = nullptr;

    Parser() {
        app.set_version_flag("--version", std::string("flowtap ") + kVersion);
        app.require_subcommand(1);
        add_run();
        add_plan();
        add_check();
    }

    void add_run() {
        run_command = app.add_subcommand("run", "attach, collect and serve metrics until told to stop");
        run_command->add_option("--pid", run.pids, "watch this process (repeatable)");
        run_command->add_option(
            "--match", run.matches,
            "watch processes whose command line matches this regular expression (repeatable)");
        run_command->add_flag("--all", run.all, "watch every process that a profile fits, now and later");
        run_command->add_option("--profile", run.profiles,
                                "a profile of your own engine, in YAML (repeatable)");
        run_command->add_option("--config", config, "a YAML file with these options by name");
        run_command->add_option("--listen", listen, "address and port to serve HTTP on (0.0.0.0:9847)");
        run_command->add_flag("--check", run.check_only, "validate config and profiles, attach nothing");
    }

    void add_plan() {
        plan_command = app.add_subcommand("plan", "say what would be attached in a process; attach nothing");
        plan_command->add_option("--pid", plan.pid, "the process")->required();
        plan_command->add_option("--profile", plan.profiles,
                                 "a profile of your own engine, in YAML (repeatable)");
        plan_command->add_flag("--json", plan.json, "for programs");
    }

    void add_check() {
        check_command = app.add_subcommand("check", "can this machine and this user run flowtap?");
        check_command->add_flag("--json", check.json, "for programs");
    }

    Result<Command> run_options() {
        if (!config.empty()) {
            if (Result<void> done = read_config_file(config, run); !done) return done.error();
        }
        if (!listen.empty()) {
            Result<ListenAddress> address = parse_listen_address(listen);
            if (!address) return address.error();
            run.listen = *address;
        }
        if (run.pids.empty() && run.matches.empty() && !run.all && !run.check_only)
            return usage_error("run needs a target: --pid N, --match REGEX or --all");
        return Command(run);
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
    return parser.run_options();
}

}  // namespace flowtap
