// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "exporter/http/message.h"

namespace flowtap {

// Answers requests. Both functions are called on several threads at once, and must be set.
struct HttpService {
    // Whether the answer takes no time and waits for nothing: such a request is never queued.
    std::function<bool(const HttpRequest&)> is_quick;
    std::function<HttpResponse(const HttpRequest&)> answer;
};

}  // namespace flowtap
