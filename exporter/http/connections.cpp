// SPDX-License-Identifier: Apache-2.0
#include "exporter/http/connections.h"

#include <sys/socket.h>

#include <algorithm>
#include <utility>

namespace flowtap {

Connection& Connections::open(int fd, Time now) {
    Connection& added = connections_.emplace_back();
    added.fd = fd;
    added.since = now;
    if (connections_.size() - ended_ > limits_.connections) {
        if (Connection* other = first_to_close(added)) end(*other);
    }
    return added;
}

void Connections::close(Connection& connection) {
    enter(connection, Phase::kIdle, {});
    if (connection.ended) --ended_;
    const auto found = std::ranges::find_if(
        connections_, [&connection](const Connection& known) { return &known == &connection; });
    connections_.erase(found);
}

void Connections::enter(Connection& connection, Phase phase, Time now) {
    const std::size_t held = std::exchange(connection.answer_bytes, 0);
    if (!connection.ended) answer_bytes_ -= held;
    connection.phase = phase;
    connection.since = now;
}

void Connections::begin_answer(Connection& connection, std::size_t bytes, Time now) {
    enter(connection, Phase::kAnswer, now);
    connection.answer_bytes = bytes;
    if (connection.ended) return;
    answer_bytes_ += bytes;
    while (answer_bytes_ > limits_.answer_bytes) {
        Connection* other = oldest_in(Phase::kAnswer, &connection);
        if (other == nullptr) return;
        end(*other);
    }
}

void Connections::end_overdue(Time now) {
    for (Connection& connection : connections_) {
        if (connection.ended || connection.phase == Phase::kWork) continue;
        if (now - connection.since > time_of(connection.phase)) end(connection);
    }
}

void Connections::end_longest_idle() {
    if (Connection* idlest = oldest_in(Phase::kIdle, nullptr)) end(*idlest);
}

HttpLimits::Time Connections::time_of(Phase phase) const {
    switch (phase) {
        case Phase::kIdle:
            return limits_.idle_time;
        case Phase::kHead:
            return limits_.head_time;
        case Phase::kAnswer:
            return limits_.answer_time;
        case Phase::kWork:
            break;
    }
    return HttpLimits::Time::max();
}

Connection* Connections::first_to_close(const Connection& spared) {
    for (const Phase phase : {Phase::kIdle, Phase::kHead, Phase::kAnswer}) {
        if (Connection* oldest = oldest_in(phase, &spared)) return oldest;
    }
    return nullptr;
}

Connection* Connections::oldest_in(Phase phase, const Connection* spared) {
    Connection* oldest = nullptr;
    for (Connection& connection : connections_) {
        if (connection.ended || connection.phase != phase || &connection == spared) continue;
        if (oldest == nullptr || connection.since < oldest->since) oldest = &connection;
    }
    return oldest;
}

void Connections::end(Connection& connection) {
    answer_bytes_ -= connection.answer_bytes;
    connection.ended = true;
    ++ended_;
    ::shutdown(connection.fd, SHUT_RDWR);
}

}  // namespace flowtap
