// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "machine/machine_facts.h"

namespace flowtap {

// Tries, in a process of its own, every mechanism that observing processes rests on, and measures what a hit
// costs. Well under half a second. To be called before there is a second thread: it forks.
MachineFacts self_test();

}  // namespace flowtap
