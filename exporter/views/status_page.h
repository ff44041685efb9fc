// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "exporter/views/status_report.h"

namespace flowtap {

// A page for people, with nothing loaded from elsewhere and all text escaped. It is complete without scripts;
// its script replaces its middle every few seconds with that of a newer page, so only this function writes
// it.
std::string to_html(const StatusReport& report);

// A Content-Security-Policy that allows only the page's own script.
const std::string& status_page_policy();

}  // namespace flowtap
