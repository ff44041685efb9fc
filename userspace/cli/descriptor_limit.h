// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace flowtap {

// Lets this process have as many open files as it may: each target takes some. What targets can be attached
// to at once is then up to the hard limit.
void raise_descriptor_limit();

}  // namespace flowtap
