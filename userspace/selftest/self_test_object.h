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

// The loaded BPF programs of the self-test, and their counters.
class SelfTestObject {
public:
    // Errors: the kernel refuses the programs.
    static Result<SelfTestObject> load();

    // Whether this kernel supports uprobe_multi links.
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
