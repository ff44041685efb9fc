// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace flowtap {

// Whether the kernel lets this thread attach uprobes by perf events, which is how it is done where there are
// no links of many (uprobe_multi.h), and always for return probes. Attaches nothing.
bool may_attach_perf_uprobes();

}  // namespace flowtap
