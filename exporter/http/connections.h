// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <memory>

#include "exporter/http/http_limits.h"

namespace flowtap {

class TlsSettings;

// What a connection waits for. Connections in earlier phases are closed first to make room for others.
enum class Phase { kIdle, kHead, kAnswer, kWork };

struct Connection {
    using Clock = std::chrono::steady_clock;

    int fd = -1;
    Phase phase = Phase::kHead;
    Clock::time_point since = {};                 // begin of the phase
    std::size_t answer_bytes = 0;                 // size of its answer in memory
    bool ended = false;                           // shut down, not closed yet
    std::shared_ptr<const TlsSettings> tls = {};  // settings of its TLS session
};

// All open connections, how long each has been waiting, and which one to end next. Ends a connection by
// shutting down its socket; the socket's owner then closes it and reports that. Not synchronised.
class Connections {
public:
    using Time = Connection::Clock::time_point;

    explicit Connections(const HttpLimits& limits) : limits_(limits) {}

    // Adds a connection, and ends another one if there are too many. Valid until closed().
    Connection& open(int fd, Time now);
    void close(Connection& connection);

    void enter(Connection& connection, Phase phase, Time now);
    // Enters phase kAnswer. Ends the oldest others in that phase if all answers together are too large.
    void begin_answer(Connection& connection, std::size_t bytes, Time now);

    void end_overdue(Time now);
    // Ends the connection that has been idle longest, if there is one, so that a waiting client gets its
    // descriptor.
    void end_longest_idle();

    [[nodiscard]] std::size_t size() const { return connections_.size(); }

private:
    [[nodiscard]] HttpLimits::Time time_of(Phase phase) const;
    // The connection that has been longest in the first phase with connections other than `spared`; null if
    // there is none.
    Connection* first_to_close(const Connection& spared);
    Connection* oldest_in(Phase phase, const Connection* spared);
    void end(Connection& connection);

    const HttpLimits limits_;
    std::list<Connection> connections_;
    std::size_t ended_ = 0;         // of those
    std::size_t answer_bytes_ = 0;  // of those that were not ended
};

}  // namespace flowtap
