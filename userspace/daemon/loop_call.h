// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>

#include "base/fd.h"
#include "base/result.h"

namespace flowtap {

// Lets any thread have one function called on the event loop and get its result. Callers wait for a bounded
// time; the loop never waits. Callers that ask before the loop serves them share one call.
class LoopCall {
public:
    using Function = std::function<Result<void>()>;

    static Result<std::unique_ptr<LoopCall>> make(Function function);

    // Any thread. Errors: the function's; kFailed when the loop did not serve the call in time.
    Result<void> request_and_wait(std::chrono::milliseconds patience);

    // The loop has ended: present and later callers get an error.
    void close();

    // For the loop: when readable, call serve().
    [[nodiscard]] int fd() const { return wake_.get(); }
    void serve();

private:
    LoopCall(Fd wake, Function function) : wake_(std::move(wake)), function_(std::move(function)) {}

    Fd wake_;
    const Function function_;
    std::mutex mutex_;  // guards the four below
    std::condition_variable changed_;
    std::uint64_t asked_ = 0;
    std::uint64_t served_ = 0;
    bool closed_ = false;
    Result<void> last_;  // result of the call that set served_
};

}  // namespace flowtap
