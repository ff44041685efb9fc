// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace flowtap {

// Raises the limit of open files to the hard limit, because each target needs some: the hard limit then
// bounds how many targets there can be.
void raise_descriptor_limit();

}  // namespace flowtap
