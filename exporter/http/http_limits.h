// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>

namespace flowtap {

// What clients may use. Times are measured from the first to the last byte, so a client gains nothing by
// sending or receiving one byte now and then.
struct HttpLimits {
    using Time = std::chrono::milliseconds;

    unsigned connections = 1024;         // at once; past that the one that waits longest is ended
    std::size_t head_bytes = 32'768;     // of a request's line and headers, at least 1024
    Time head_time{10'000};              // from the connection, or a request's first line, to its end
    Time idle_time{120'000};             // between two requests on one connection
    Time answer_time{60'000};            // for taking an answer
    std::size_t answer_bytes = 1 << 28;  // of all answers not yet taken; past that the oldest is ended
    std::size_t reserve = 8;             // served when targets have taken every other descriptor
    std::size_t workers = 4;             // answers made at once
    std::size_t waiting = 64;            // requests that wait for a worker; the next gets 503
};

}  // namespace flowtap
