// SPDX-License-Identifier: Apache-2.0
#include "input.h"
#include "profile/profile_loader.h"

using namespace flowtap;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const LoadedProfile loaded = parse_profile(fuzz::text_of(data, size), "input");
    if (const auto* refused = std::get_if<ProfileErrors>(&loaded)) {
        fuzz::require(!refused->errors.empty());
        for (const Error& error : refused->errors)
            fuzz::require(error.message().find('\n') == std::string::npos);
    } else {
        fuzz::require(std::get<Profile>(loaded).points.size() <= ProfileLimits::kPoints);
    }
    return 0;
}
