// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"
#include "cli/daemon.h"
#include "cli/settings.h"

namespace flowtap {

Result<void> run_command(const RunArguments& arguments, std::ostream& log) {
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
