// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace flowtap {

// Accepts clients from a listening socket. Keeps some descriptors in reserve, so that clients are served even
// if targets use all others. Not synchronised.
class Acceptor {
public:
    enum class Outcome {
        kClient,     // accepted one
        kNone,       // no client waits
        kExhausted,  // no descriptor is left, including the reserve, or no memory: clients must wait
    };
    struct Client {
        Fd fd = {};
        sockaddr_storage address = {};
        socklen_t address_size = sizeof(sockaddr_storage);
    };

    // `reserve`: number of clients that can be served at once when no other descriptor is left. Errors: no
    // descriptors are left now.
    static Result<Acceptor> make(Fd socket, std::size_t reserve);

    [[nodiscard]] int fd() const { return socket_.get(); }

    // Never waits.
    Outcome accept(Client& client);
    // Refills the reserve as far as descriptors are available.
    void replenish();
    // Whether the reserve is in use.
    [[nodiscard]] bool short_of_descriptors() const { return reserve_.size() < wanted_; }

private:
    Acceptor(Fd socket, std::size_t reserve) : socket_(std::move(socket)), wanted_(reserve) {}

    Fd socket_;
    std::size_t wanted_;
    std::vector<Fd> reserve_;
};

}  // namespace flowtap
