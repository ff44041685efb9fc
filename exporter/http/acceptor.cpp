// SPDX-License-Identifier: Apache-2.0
#include "exporter/http/acceptor.h"

#include <fcntl.h>
#include <poll.h>

#include <cerrno>
#include <utility>

#include "base/open_files.h"

namespace flowtap {

namespace {

constexpr int kMostVanished = 64;  // clients that gave up while waiting, skipped in one call

bool lacks_descriptor(int error) { return error == EMFILE || error == ENFILE; }

bool waits(int socket) {
    pollfd asked = {socket, POLLIN, 0};
    return ::poll(&asked, 1, 0) > 0;
}

}  // namespace

Result<Acceptor> Acceptor::make(Fd socket, std::size_t reserve) {
    Acceptor acceptor(std::move(socket), reserve);
    acceptor.replenish();
    if (acceptor.short_of_descriptors()) {
        Error error = errno_error("reserve", "descriptors for HTTP clients", errno);
        error.remedy = kRaiseOpenFiles;
        error.kind = Error::Kind::kEnvironment;
        return error;
    }
    return acceptor;
}

Acceptor::Outcome Acceptor::accept(Client& client) {
    for (int vanished = 0; vanished < kMostVanished;) {
        // The kernel needs a free descriptor before it looks for a client, so check first whether one waits.
        if (!waits(socket_.get())) return Outcome::kNone;
        client.address_size = sizeof(client.address);
        client.fd = Fd(::accept4(socket_.get(), reinterpret_cast<sockaddr*>(&client.address),
                                 &client.address_size, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (client.fd) return Outcome::kClient;
        if (errno == EAGAIN) return Outcome::kNone;
        if (!lacks_descriptor(errno)) {
            ++vanished;
        } else if (reserve_.empty()) {
            return Outcome::kExhausted;
        } else {
            reserve_.pop_back();
        }
    }
    return Outcome::kExhausted;
}

void Acceptor::replenish() {
    while (reserve_.size() < wanted_) {
        Fd spare(::fcntl(socket_.get(), F_DUPFD_CLOEXEC, 0));
        if (!spare) return;
        reserve_.push_back(std::move(spare));
    }
}

}  // namespace flowtap
