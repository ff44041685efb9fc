// SPDX-License-Identifier: Apache-2.0
#include "cli/descriptor_limit.h"

#include <sys/resource.h>

namespace flowtap {

// The soft limit is low for the sake of select(2), which nothing here uses.
void raise_descriptor_limit() {
    rlimit limit = {};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace flowtap
