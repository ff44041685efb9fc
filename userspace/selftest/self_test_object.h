// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bpf/libbpf.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "attach/kernel/probe_link.h"
#include "base/result.h"
#include "selftest_bpf.skel.h"

namespace flowtap {

// The self-test's BPF programs, loaded, and what they have counted.
class SelfTestObject {
public:
    // Errors: what the kernel asks for that is missing.
    static Result<SelfTestObject> load();

    // Whether this kernel takes programs for links of many uprobes at all.
    [[nodiscard]] bool may_link_many() const { return may_link_many_; }
    [[nodiscard]] selftest_bpf& skeleton() const { return *skeleton_; }
    [[nodiscard]] volatile selftest_bpf::selftest_bpf__bss& counted() const { return *skeleton_->bss; }

private:
    using Skeleton = std::unique_ptr<selftest_bpf, Closes<selftest_bpf::destroy>>;
    SelfTestObject(Skeleton skeleton, bool may_link_many)
        : skeleton_(std::move(skeleton)), may_link_many_(may_link_many) {}
    static Result<Skeleton> load_skeleton(bool with_many);

    Skeleton skeleton_;
    bool may_link_many_ = false;
};

}  // namespace flowtap
