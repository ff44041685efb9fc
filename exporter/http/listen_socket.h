// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "base/result.h"
#include "exporter/http/listen_address.h"

namespace flowtap {

struct ListenSocket {
    Fd fd;                  // non-blocking, listening
    ListenAddress address;  // with the actual port if 0 was requested
};

// Errors name the address and the remedy.
Result<ListenSocket> open_listen_socket(const ListenAddress& address);

}  // namespace flowtap
