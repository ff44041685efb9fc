// SPDX-License-Identifier: Apache-2.0
#include "daemon/privileges.h"

#include "log/log_sink.h"

namespace flowtap {

void log_privileges(const PrivilegesLeft& left, LogSink& log) {
    log.write("dropped all privileges except " + left.kept);
    for (const std::string& line : left.lacking) log.write(line);
}

}  // namespace flowtap
