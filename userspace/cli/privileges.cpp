// SPDX-License-Identifier: Apache-2.0
#include "cli/privileges.h"

#include <ostream>

namespace flowtap {

void say_what_is_left(const PrivilegesLeft& left, std::ostream& log) {
    log << "flowtap: gave up all privileges but " << left.kept << std::endl;
    for (const std::string& line : left.lacking) log << "flowtap: " << line << std::endl;
}

}  // namespace flowtap
