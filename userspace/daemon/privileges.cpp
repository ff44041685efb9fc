// SPDX-License-Identifier: Apache-2.0
#include "daemon/privileges.h"

#include "log/log_sink.h"

namespace flowtap {

void log_what_is_left(const PrivilegesLeft& left, LogSink& log) {
    log.say("gave up all privileges but " + left.kept);
    for (const std::string& line : left.lacking) log.say(line);
}

}  // namespace flowtap
