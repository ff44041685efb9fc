// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bpf/libbpf.h>

#include <memory>
#include <variant>

#include "base/fd.h"

namespace flowtap {

template <auto Function>
struct Closes {
    template <typename T>
    void operator()(T* object) const {
        Function(object);
    }
};

using PerfLink = std::unique_ptr<bpf_link, Closes<bpf_link__destroy>>;

// Holds probes in place: a uprobe_multi link or one perf event. Closing it waits; see LinkCloser.
using Link = std::variant<Fd, PerfLink>;

}  // namespace flowtap
