// SPDX-License-Identifier: Apache-2.0
#include "kubernetes/pod_reader.h"

#include <algorithm>
#include <utility>

#include "kubernetes/json_values.h"
#include "kubernetes/pod_table.h"

namespace flowtap {

namespace {

constexpr std::size_t kMaxNameBytes = 253;
constexpr std::size_t kUidLength = 36;
constexpr std::size_t kHashDigits = 32;
constexpr std::size_t kMaxVersionBytes = 128;
constexpr const char* kGoneCode = "410";  // HTTP's status, in an event

Error unreadable(std::string cause) { return {"read pods", "", std::move(cause)}; }

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

bool is_hexadecimal(char letter) { return is_digit(letter) || (letter >= 'a' && letter <= 'f'); }

bool is_name(std::string_view text) {
    const auto belongs = [](char letter) {
        return is_digit(letter) || (letter >= 'a' && letter <= 'z') || letter == '-' || letter == '.';
    };
    return !text.empty() && text.size() <= kMaxNameBytes && std::ranges::all_of(text, belongs);
}

bool is_uid(std::string_view text) {
    return text.size() == kUidLength &&
           std::ranges::all_of(text, [](char letter) { return is_hexadecimal(letter) || letter == '-'; });
}

bool is_hash(std::string_view text) {
    return text.size() == kHashDigits && std::ranges::all_of(text, is_hexadecimal);
}

bool is_version(std::string_view text) { return !text.empty() && text.size() <= kMaxVersionBytes; }

// A pod's metadata, value by value.
class PodBuilder {
public:
    void take(std::string_view path, const std::string& value) {
        if (path == "/metadata/uid") pod_.uid = value;
        if (path == "/metadata/name") pod_.name.name = value;
        if (path == "/metadata/namespace") pod_.name.namespace_name = value;
        if (path == "/metadata/resourceVersion") version_ = value;
        // The kubelet names a static pod's control group by the pod's hash; the API server shows the pod
        // under another UID. (kubernetes: pkg/kubelet/pod/mirror_client.go)
        if (path == "/metadata/annotations/kubernetes.io/config.mirror") hash_ = value;
    }
    [[nodiscard]] const std::string& version() const { return version_; }
    // An error if a pod has no valid name or UID.
    Result<Pod> pod() {
        if (!is_uid(pod_.uid) || !is_name(pod_.name.name) || !is_name(pod_.name.namespace_name))
            return unreadable("a pod without uid, name or namespace");
        if (is_hash(hash_)) pod_.uid = hash_;
        return std::move(pod_);
    }

private:
    Pod pod_;
    std::string version_;
    std::string hash_;
};

}  // namespace

Result<PodList> read_pod_list(std::string_view text) {
    constexpr std::string_view kItem = "/items/[]";
    PodList list;
    PodBuilder pod;
    std::string kind;
    std::string wrong;
    const auto take = [&](std::string_view path, const std::string& value) {
        if (path == "/kind") kind = value;
        if (path == "/metadata/resourceVersion") list.resource_version = value;
        if (path.starts_with(kItem)) pod.take(path.substr(kItem.size()), value);
    };
    const auto end = [&](std::string_view path) {
        if (path != kItem || !wrong.empty()) return;
        Result<Pod> one = std::exchange(pod, {}).pod();
        if (!one) wrong = one.error().cause;
        if (list.pods.size() == PodTable::kMost) wrong = "too many pods for one node";
        if (wrong.empty()) list.pods.push_back(std::move(*one));
    };
    if (!visit_json(text, {take, end})) return unreadable("not JSON");
    if (kind != "PodList" && kind != "PartialObjectMetadataList") return unreadable("not a list of pods");
    if (!wrong.empty()) return unreadable(wrong);
    if (!is_version(list.resource_version)) return unreadable("a list without resourceVersion");
    return list;
}

Result<PodEvent> read_pod_event(std::string_view line) {
    constexpr std::string_view kObject = "/object";
    PodBuilder builder;
    std::string type;
    std::string code;
    const auto take = [&](std::string_view path, const std::string& value) {
        if (path == "/type") type = value;
        if (path == "/object/code") code = value;
        if (path.starts_with(kObject)) builder.take(path.substr(kObject.size()), value);
    };
    if (!visit_json(line, {take, [](std::string_view) {}})) return unreadable("not JSON");
    if (type == "ERROR" && code == kGoneCode) return PodEvent{PodEvent::Kind::kExpired};
    const bool put = type == "ADDED" || type == "MODIFIED";
    if (!put && type != "DELETED" && type != "BOOKMARK") return unreadable("an event of no known type");
    if (!is_version(builder.version())) return unreadable("an event without resourceVersion");
    PodEvent event{PodEvent::Kind::kBookmark, {}, builder.version()};
    if (type == "BOOKMARK") return event;
    Result<Pod> pod = builder.pod();
    if (!pod) return pod.error();
    event.kind = put ? PodEvent::Kind::kPut : PodEvent::Kind::kRemove;
    event.pod = std::move(*pod);
    return event;
}

}  // namespace flowtap
