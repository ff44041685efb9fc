// SPDX-License-Identifier: Apache-2.0
#include "cli/profiles.h"

#include <algorithm>
#include <iterator>
#include <variant>

#include "profile/builtin_profiles.h"
#include "profile/profile_loader.h"

namespace flowtap {

Result<std::vector<Profile>> load_profiles(const std::vector<std::string>& files) {
    std::vector<Profile> profiles;
    ProfileErrors problems;
    for (const std::string& file : files) {
        LoadedProfile loaded = load_profile(file);
        if (auto* wrong = std::get_if<ProfileErrors>(&loaded)) {
            std::ranges::move(wrong->errors, std::back_inserter(problems.errors));
        } else {
            profiles.push_back(std::get<Profile>(std::move(loaded)));
        }
    }
    if (!problems.errors.empty()) return to_error(problems);
    for (Profile& profile : builtin_profiles()) {
        if (std::ranges::find(profiles, profile.name, &Profile::name) == profiles.end())
            profiles.push_back(std::move(profile));
    }
    return profiles;
}

void prefer_cheap(std::vector<Profile>& profiles) {
    for (Profile& profile : profiles)
        for (Point& point : profile.points) point.prefer_variable = point.context_variable.has_value();
}

}  // namespace flowtap
