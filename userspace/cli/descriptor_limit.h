// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace flowtap {

// Raises the soft limit of open files to the hard limit. Each target needs several descriptors, so the hard
// limit bounds the number of targets.
void raise_descriptor_limit();

}  // namespace flowtap
