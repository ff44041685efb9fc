// SPDX-License-Identifier: Apache-2.0
#include "settings/profiles.h"

#include <algorithm>
#include <iterator>
#include <variant>

#include "profile/builtin_profiles.h"
#include "profile/profile_loader.h"

namespace flowtap {
namespace {

// Events carry one number for a profile name and a point name: profiles with the same name would share it.
void add(std::vector<Profile>& profiles, Profile profile, ProfileErrors& problems) {
    const auto same = std::ranges::find(profiles, profile.name, &Profile::name);
    if (same == profiles.end()) {
        profiles.push_back(std::move(profile));
        return;
    }
    problems.errors.push_back({"load profile", profile.source,
                               "the name " + profile.name + " is also that of " + same->source,
                               "give each profile a name of its own", Error::Kind::kUsage});
}

}  // namespace

Result<std::vector<Profile>> load_profiles(const std::vector<std::string>& files) {
    std::vector<Profile> profiles;
    ProfileErrors problems;
    for (const std::string& file : files) {
        LoadedProfile loaded = load_profile(file);
        if (auto* wrong = std::get_if<ProfileErrors>(&loaded)) {
            std::ranges::move(wrong->errors, std::back_inserter(problems.errors));
        } else {
            add(profiles, std::get<Profile>(std::move(loaded)), problems);
        }
    }
    if (!problems.errors.empty()) return to_error(problems);
    for (Profile& profile : builtin_profiles()) {
        if (std::ranges::find(profiles, profile.name, &Profile::name) == profiles.end())
            profiles.push_back(std::move(profile));
    }
    return profiles;
}

std::optional<Preference> parse_preference(std::string_view text) {
    if (text == "complete") return Preference::kComplete;
    if (text == "cheap") return Preference::kCheap;
    return std::nullopt;
}

}  // namespace flowtap
