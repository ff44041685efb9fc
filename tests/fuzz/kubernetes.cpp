// SPDX-License-Identifier: Apache-2.0
// What an API server answers: a list of pods, and a watch, in pieces.
#include "input.h"
#include "kubernetes/lines.h"
#include "kubernetes/pod_reader.h"
#include "kubernetes/pod_table.h"

using namespace flowtap;

namespace {

constexpr std::size_t kLongestLine = 4096;

void follow(PodTable& pods, std::string_view line) {
    const Result<PodEvent> event = read_pod_event(line);
    if (!event) return;
    if (event->kind == PodEvent::Kind::kPut) (void)pods.put(event->pod);
    if (event->kind == PodEvent::Kind::kRemove) pods.remove(event->pod.uid);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::text_of(data, size);
    PodTable pods;
    if (const Result<PodList> list = read_pod_list(text)) pods.replace(list->pods);
    Lines lines(kLongestLine);
    for (std::size_t at = 0; at < text.size(); at += 7) {
        const auto take = [&](std::string_view line) {
            follow(pods, line);
            return true;
        };
        if (!lines.add(text.substr(at, 7), take)) break;
    }
    fuzz::require(pods.size() <= PodTable::kMost);
    return 0;
}
