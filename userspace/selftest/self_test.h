// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "machine/machine_facts.h"

namespace flowtap {

// Tries every mechanism that observing processes depends on, in a process of its own, and measures the price
// of hits. Takes well under half a second. Forks, so it must be called before a second thread is started.
MachineFacts self_test();

}  // namespace flowtap
