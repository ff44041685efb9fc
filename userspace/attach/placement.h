// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"
#include "plan/plan.h"
#include "process/memory.h"

namespace flowtap {

// Whether the probes of a plan that was carried out are in the process's code. The kernel puts them where the
// file is mapped that was analysed, and does not say that this is nowhere: a file of an overlay that was
// copied up since the process began is another file than the one it runs. Errors: kFailed for such a file;
// kNoTarget where a probe's place is no memory of a live process any more.
Result<void> check_placed(const Plan& plan, const Memory& memory);

}  // namespace flowtap
