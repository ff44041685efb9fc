// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/resource.h>
#include <unistd.h>

#include <utility>
#include <vector>

#include "base/fd.h"

namespace flowtap::test {

// While one stands, this process cannot open a file descriptor.
class NoDescriptors {
public:
    NoDescriptors() {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        rlimit none = before_;
        none.rlim_cur = 256;
        ::setrlimit(RLIMIT_NOFILE, &none);
        for (Fd one(::dup(0)); one; one = Fd(::dup(0))) taken_.push_back(std::move(one));
    }
    NoDescriptors(const NoDescriptors&) = delete;
    NoDescriptors& operator=(const NoDescriptors&) = delete;
    ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

private:
    rlimit before_ = {};
    std::vector<Fd> taken_;
};

}  // namespace flowtap::test
