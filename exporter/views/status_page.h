// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "exporter/views/status_report.h"

namespace flowtap {

// One page for people, with nothing loaded from elsewhere and all text escaped. It is complete as it is;
// where scripts run it replaces its middle every few seconds with that of a newer one, so there is one place
// that writes it.
std::string to_html(const StatusReport& report);

// A Content-Security-Policy that lets the page's own script run and no other.
const std::string& status_page_policy();

}  // namespace flowtap
