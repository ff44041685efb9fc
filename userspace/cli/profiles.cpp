// SPDX-License-Identifier: Apache-2.0
#include "cli/profiles.h"

#include <algorithm>
#include <variant>

#include "profile/builtin_profiles.h"
#include "profile/profile_loader.h"

namespace flowtap {
namespace {

Error as_one(const ProfileErrors& problems) {
    Error error = problems.errors.front();
    for (std::size_t i = 1; i < problems.errors.size(); i++) error.others.push_back(problems.errors[i].message());
    return error;
}

}  // namespace

Result<std::vector<Profile>> load_profiles(const std::vector<std::string>& files) {
    std::vector<Profile> profiles;
    for (const std::string& file : files) {
        LoadedProfile loaded = load_profile(file);
        if (const auto* problems = std::get_if<ProfileErrors>(&loaded)) return as_one(*problems);
        profiles.push_back(std::get<Profile>(std::move(loaded)));
    }
    for (Profile& profile : builtin_profiles()) {
        if (std::ranges::find(profiles, profile.name, &Profile::name) == profiles.end())
            profiles.push_back(std::move(profile));
    }
    return profiles;
}

}  // namespace flowtap
