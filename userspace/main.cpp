// SPDX-License-Identifier: Apache-2.0
// The only place that prints errors and chooses the exit status.
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <iostream>
#include <variant>

#include "cli/commands.h"
#include "cli/uncaught_error.h"
#include "log/log_sink.h"
#include "settings/arguments.h"

namespace {

using flowtap::Error;

int exit_status(Error::Kind kind) {
    switch (kind) {
        case Error::Kind::kFailed:
            return 1;
        case Error::Kind::kUsage:
            return 2;
        case Error::Kind::kEnvironment:
            return 3;
        case Error::Kind::kNoTarget:
            return 4;
    }
    return 1;
}

struct Execute {
    flowtap::LogSink& log;

    flowtap::Result<void> operator()(const flowtap::RunArguments& arguments) const {
        return flowtap::run_command(arguments, log);
    }
    flowtap::Result<void> operator()(const flowtap::PlanOptions& options) const {
        return flowtap::plan_command(options, std::cout);
    }
    flowtap::Result<void> operator()(const flowtap::CheckOptions& options) const {
        return flowtap::check_command(options, std::cout);
    }
    flowtap::Result<void> operator()(const flowtap::TraceOptions& options) const {
        return flowtap::trace_command(options, log);
    }
    flowtap::Result<void> operator()(const flowtap::TopOptions& options) const {
        return flowtap::top_command(options, log);
    }
    flowtap::Result<void> operator()(const flowtap::ShowText& shown) const {
        std::cout << shown.text;
        return {};
    }
};

flowtap::Result<void> execute(int argc, char** argv, flowtap::LogSink& log) {
    flowtap::Result<flowtap::Command> command = flowtap::parse_arguments(argc, argv);
    if (!command) return command.error();
    return std::visit(Execute{log}, *command);
}

}  // namespace

int main(int argc, char** argv) {
    try {
        flowtap::LogSink log(STDERR_FILENO);
        const flowtap::Result<void> done = execute(argc, argv, log);
        if (done) return 0;
        log.write(done.error().message());
        for (const std::string& line : done.error().others) log.write(line);
        return exit_status(done.error().kind);
    } catch (const std::exception& error) {
        const Error failure = flowtap::uncaught_error(argc > 1 ? argv[1] : "flowtap", error);
        std::fprintf(stderr, "flowtap: %s\n", failure.message().c_str());
        return exit_status(failure.kind);
    }
}
