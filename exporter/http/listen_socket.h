// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "base/result.h"
#include "exporter/http/listen_address.h"

namespace flowtap {

struct ListenSocket {
    Fd fd;                  // non-blocking, listening
    ListenAddress address;  // with the port that was found where 0 was asked for
};

// Errors name the address and what to do.
Result<ListenSocket> open_listen_socket(const ListenAddress& address);

}  // namespace flowtap
