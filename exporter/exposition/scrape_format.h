// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "exporter/exposition/exposition.h"

namespace flowtap {

enum class ScrapeFormat : std::uint8_t {
    kText,         // Prometheus text 0.0.4
    kOpenMetrics,  // OpenMetrics text 1.0.0: with exemplars and creation times
    kProtobuf,     // io.prometheus.client.MetricFamily, delimited: also with native histograms
};

// The format that the Accept header (RFC 9110, 12.5.1) prefers; text 0.0.4 if it names none that is
// supported.
ScrapeFormat negotiate(std::string_view accept);

// For the Content-Type header.
std::string_view content_type_of(ScrapeFormat format);

std::unique_ptr<Exposition> make_exposition(ScrapeFormat format);

}  // namespace flowtap
