// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "privilege/give_up.h"

namespace flowtap {

class LogSink;

// Logs which privileges were kept and why, and each one that is missing.
void log_privileges(const PrivilegesLeft& left, LogSink& log);

}  // namespace flowtap
