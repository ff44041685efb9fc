// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>

#include "base/fd.h"
#include "selftest/subject.h"

namespace flowtap {

// The work of the probed process. It has a second thread from the start, as targets have.
class SubjectWork {
public:
    SubjectWork();
    TaskDone carry_out(Task task);
    static std::uint64_t word_address();

private:
    TaskDone repeat(const std::function<void(int)>& action, bool also_in_new_thread);
    TaskDone switch_threads();
    void by_partner(const std::function<void()>& work);

    const bool on_one_cpu_;
    const std::function<void()>* work_ = nullptr;  // for the second thread, which a byte in a pipe wakes
    Fd partner_begins_;
    Fd partner_ended_;
    Fd begins_;
    Fd ended_;
};

}  // namespace flowtap
