// SPDX-License-Identifier: Apache-2.0
// What the BPF programs get to know of a site.
#pragma once

#include <cstdint>

#include "bpf/target.h"
#include "plan/planned/site_details.h"
#include "profile/profile.h"

namespace flowtap {

// With FT_NO_REGISTER for registers that the kind of site does not have; its numbers are left 0.
ft_site encode_site(const SiteDetails& details);
// `probe`: the index of its counters.
ft_landing encode_landing(const UnwindLanding& landing, std::uint32_t probe);
std::uint8_t encode_failure(FailureRule rule);

}  // namespace flowtap
