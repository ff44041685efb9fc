// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "privilege/give_up.h"

namespace flowtap {

class LogSink;

// One line on what was kept and what for; one more for each that was never given and is missed.
void say_what_is_left(const PrivilegesLeft& left, LogSink& log);

}  // namespace flowtap
