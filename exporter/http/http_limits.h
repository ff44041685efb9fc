// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>

namespace flowtap {

// Limits for clients. Times cover everything from the first to the last byte, so a client gains nothing by
// sending or receiving single bytes.
struct HttpLimits {
    using Time = std::chrono::milliseconds;

    unsigned connections = 1024;      // at once; beyond, the one waiting longest is ended
    std::size_t head_bytes = 32'768;  // of a request's line and headers, at least 1024
    Time head_time{10'000};    // from the connection, or the start of a request, to the end of its head
    Time idle_time{120'000};   // between two requests on one connection
    Time answer_time{60'000};  // for receiving an answer
    std::size_t answer_bytes = 1 << 28;  // of all answers not yet received; beyond, the oldest is ended
    std::size_t reserve = 8;             // clients served when targets use every other descriptor
    std::size_t workers = 4;             // answers made at once
    std::size_t waiting = 64;            // requests that wait for a worker; the next gets 503
};

}  // namespace flowtap
