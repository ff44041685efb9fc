// SPDX-License-Identifier: Apache-2.0
#include "process/cgroup_path.h"

#include <algorithm>

namespace flowtap {

namespace {

constexpr std::size_t kContainerDigits = 64;
constexpr std::size_t kHashDigits = 32;  // of a static pod's UID, and of an ECS task
constexpr std::size_t kUidLength = 36;   // 8-4-4-4-12

bool is_hexadecimal(char letter) {
    return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'f');
}

bool all_hexadecimal(std::string_view text) { return std::ranges::all_of(text, is_hexadecimal); }

bool all_decimal(std::string_view text) {
    return std::ranges::all_of(text, [](char letter) { return letter >= '0' && letter <= '9'; });
}

// "<task>-<number>"
bool is_fargate_container(std::string_view text) {
    return text.size() > kHashDigits + 1 && text.size() <= kHashDigits + 11 && text[kHashDigits] == '-' &&
           all_hexadecimal(text.substr(0, kHashDigits)) && all_decimal(text.substr(kHashDigits + 1));
}

// ID, "docker-ID.scope", "cri-containerd-ID.scope", "slice:cri-containerd:ID"; not "crio-conmon-ID.scope", in
// which the container's monitor runs.
std::string_view container_in(std::string_view component) {
    constexpr std::string_view kScope = ".scope";
    if (component.ends_with(kScope)) component.remove_suffix(kScope.size());
    if (is_fargate_container(component)) return component;
    if (component.size() < kContainerDigits) return {};
    const std::string_view id = component.substr(component.size() - kContainerDigits);
    const std::string_view before = component.substr(0, component.size() - kContainerDigits);
    if (!all_hexadecimal(id) || before.ends_with("conmon-")) return {};
    return before.empty() || before.ends_with('-') || before.ends_with(':') ? id : std::string_view();
}

bool is_uid(std::string_view text) {
    if (text.size() != kUidLength) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool separates = i == 8 || i == 13 || i == 18 || i == 23;
        if (separates ? text[i] != '-' && text[i] != '_' : !is_hexadecimal(text[i])) return false;
    }
    return true;
}

// "podUID", "kubepods-burstable-podUID.slice" with underscores for dashes, and either before a colon.
std::string pod_uid_in(std::string_view component) {
    component = component.substr(0, component.find(':'));
    constexpr std::string_view kSlice = ".slice";
    if (component.ends_with(kSlice)) component.remove_suffix(kSlice.size());
    const std::size_t at = component.rfind("pod");
    if (at == std::string_view::npos || (at != 0 && component[at - 1] != '-')) return {};
    std::string uid(component.substr(at + 3));
    if (!is_uid(uid) && !(uid.size() == kHashDigits && all_hexadecimal(uid))) return {};
    std::ranges::replace(uid, '_', '-');
    return uid;
}

std::string_view take_until(std::string_view& text, char end) {
    const std::string_view taken = text.substr(0, text.find(end));
    text.remove_prefix(std::min(taken.size() + 1, text.size()));
    return taken;
}

CgroupNames parse_path(std::string_view path) {
    CgroupNames names;
    while (!path.empty()) {
        const std::string_view component = take_until(path, '/');
        if (const std::string_view id = container_in(component); !id.empty()) names.container = id;
        if (std::string uid = pod_uid_in(component); !uid.empty()) names.pod_uid = std::move(uid);
    }
    return names;
}

}  // namespace

CgroupNames parse_cgroup(std::string_view text) {
    CgroupNames best;
    while (!text.empty()) {
        std::string_view line = take_until(text, '\n');
        take_until(line, ':');
        take_until(line, ':');
        CgroupNames names = parse_path(line);
        // A controller that the runtime does not use shows an outer group.
        if (!names.container.empty() && best.container.empty()) best.container = std::move(names.container);
        if (!names.pod_uid.empty() && best.pod_uid.empty()) best.pod_uid = std::move(names.pod_uid);
    }
    return best;
}

}  // namespace flowtap
