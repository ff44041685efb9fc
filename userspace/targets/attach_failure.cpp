// SPDX-License-Identifier: Apache-2.0
#include "targets/attach_failure.h"

#include "attach/kernel/table_limits.h"

namespace flowtap {

AttachFailure attach_failure(const Error& error) {
    if (error.kind == Error::Kind::kEnvironment) return AttachFailure::kPermission;
    if (error.kind == Error::Kind::kNoTarget) return AttachFailure::kProcessGone;
    if (is_share_used_up(error) || is_maximum(error)) return AttachFailure::kLimit;
    return is_table_full(error) ? AttachFailure::kTableFull : AttachFailure::kKernel;
}

AttachFailure plan_failure(const Error& error, bool exceeded) {
    if (exceeded) return AttachFailure::kLimit;
    switch (error.kind) {
        case Error::Kind::kEnvironment:
            return AttachFailure::kPermission;
        case Error::Kind::kUsage:
            return AttachFailure::kNoSite;
        case Error::Kind::kNoTarget:
            return AttachFailure::kNoProfile;
        case Error::Kind::kFailed:
            break;
    }
    return AttachFailure::kOther;
}

}  // namespace flowtap
