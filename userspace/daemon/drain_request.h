// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>

#include "base/fd.h"
#include "base/result.h"

namespace flowtap {

// Lets a scrape ask the event loop to drain the ring buffers first, so that the scrape includes everything
// that happened before it. The scrape waits for a bounded time; the loop never waits.
class DrainRequest {
public:
    static Result<std::unique_ptr<DrainRequest>> make();

    // Any thread. Returns false if the loop did not answer in time.
    bool request_and_wait(std::chrono::milliseconds patience);

    // The loop has ended: present and later callers get false at once.
    void close();

    // Whether a scrape waits for an answer.
    [[nodiscard]] bool asked();
    // For the loop: readable when a scrape waits.
    [[nodiscard]] int fd() const { return wake_.get(); }
    // The loop calls this before it drains: that drain serves all requests so far. Pass the result to
    // served().
    [[nodiscard]] std::uint64_t accept();
    void served(std::uint64_t accepted);

private:
    explicit DrainRequest(Fd wake) : wake_(std::move(wake)) {}

    Fd wake_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::uint64_t asked_ = 0;
    std::uint64_t served_ = 0;
    bool closed_ = false;
};

}  // namespace flowtap
