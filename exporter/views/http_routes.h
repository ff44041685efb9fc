// SPDX-License-Identifier: Apache-2.0
// Maps requests to answers, independent of sockets.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "exporter/exposition/scrape_format.h"
#include "exporter/http/health.h"
#include "exporter/http/http_service.h"
#include "exporter/views/status_report.h"

namespace flowtap {

// The sources of answers. Called on several threads at once; all but reload must be set. health and readiness
// must not wait. metrics returns an error if it has no current numbers: old numbers must not be taken for new
// ones.
struct HttpContent {
    std::function<Result<std::string>(ScrapeFormat)> metrics;
    std::function<Verdict()> health;
    std::function<Verdict()> readiness;
    std::function<StatusReport()> status;
    std::function<Result<void>()> reload = {};  // for POST /-/reload; if empty, that is forbidden
};

// The service that answers from `content`.
HttpService service_of(HttpContent content);

}  // namespace flowtap
