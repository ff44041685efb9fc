// SPDX-License-Identifier: Apache-2.0
// What is answered to which request: no sockets here.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "exporter/exposition/scrape_format.h"
#include "exporter/http/health.h"
#include "exporter/http/http_service.h"
#include "exporter/views/status_report.h"

namespace flowtap {

// Where answers come from. Called on several threads at once; all but reload must be set. health and
// readiness must not wait. Without numbers of now, metrics is an error: an old number must not pass for a new
// one.
struct HttpContent {
    std::function<Result<std::string>(ScrapeFormat)> metrics;
    std::function<Verdict()> health;
    std::function<Verdict()> readiness;
    std::function<StatusReport()> status;
    std::function<Result<void>()> reload = {};  // for POST /-/reload; without it that is forbidden
};

// The service that answers from `content`.
HttpService service_of(HttpContent content);

}  // namespace flowtap
