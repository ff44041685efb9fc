// SPDX-License-Identifier: Apache-2.0
#include <csignal>

#include "cli/commands.h"
#include "cli/descriptor_limit.h"
#include "daemon/daemon.h"
#include "settings/settings.h"

namespace flowtap {

Result<void> run_command(const RunArguments& arguments, LogSink& log) {
    raise_descriptor_limit();
    std::signal(SIGPIPE, SIG_IGN);  // a closed log or connection must not end the daemon
    Result<Settings> settings = load_settings(arguments);
    if (!settings) return settings.error();
    if (arguments.check_only) return {};
    Result<Discovery> discovery = Discovery::make(settings->options.matches, settings->options.all);
    if (!discovery) return discovery.error();
    Result<EventLoop> loop = EventLoop::make();
    if (!loop) return loop.error();
    Daemon daemon(arguments, log, std::move(*settings), std::move(*loop), std::move(*discovery));
    if (Result<void> done = daemon.start(); !done) return done;
    return daemon.run();
}

}  // namespace flowtap
