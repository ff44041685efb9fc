// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>

#include "privilege/give_up.h"

namespace flowtap {

// One line on what was kept and what for; one more for each that was never given and is missed.
void say_what_is_left(const PrivilegesLeft& left, std::ostream& log);

}  // namespace flowtap
