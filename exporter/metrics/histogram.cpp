// SPDX-License-Identifier: Apache-2.0
#include "exporter/metrics/histogram.h"

namespace flowtap {

void Histogram::observe(const HistogramShape& shape, const Exemplar& execution) {
    if (counts_.empty()) {
        counts_.resize(shape.bounds.size() + 1);
        if (shape.native_schema) native_.emplace(*shape.native_schema);
    }
    ++counts_[shape.bounds.bucket_of(execution.duration_ns)];
    sum_ns_ += execution.duration_ns;
    if (native_) native_->observe(static_cast<double>(execution.duration_ns) / 1e9);
    const bool aged = execution.end_ns > exemplar_.end_ns + kExemplarAgeNs;
    if (aged || execution.duration_ns >= exemplar_.duration_ns) exemplar_ = execution;
}

}  // namespace flowtap
