// SPDX-License-Identifier: Apache-2.0
#include "code/text_search.h"
#include "plan/python/probes/python_probes.h"
#include "plan/python/probes/site_probes.h"

namespace flowtap {
namespace {

// Include/internal/pycore_frame.h: FRAME_OWNED_BY_FRAME_OBJECT.
constexpr std::uint8_t kOwnedByFrameObject = 2;

PlannedProbe kept_probe(const Interpreter& interpreter, const ByteStore& store) {
    const Site site{store.address, SiteCost::kSingleStep, std::nullopt, "a frame object takes over a frame"};
    return probe_at(interpreter, site, "python:frame-kept", FrameKeep{store.base});
}

}  // namespace

// Python/frame.c: take_ownership() copies the frame and then sets its owner; PyFrame_New() makes a frame that
// belongs to nothing else, so it does not match. Compilers inline both in many places.
Result<std::vector<PlannedProbe>> kept_frame_probes(const Interpreter& interpreter) {
    constexpr std::size_t kMostCopies = 32;
    const ft_python& layout = interpreter.layout().bpf;
    std::vector<PlannedProbe> probes;
    if (layout.kept_frame == 0) return probes;
    for (const ByteStore& store : byte_stores_in_text(
             interpreter.elf(), layout.kept_frame + layout.frame_owner, kOwnedByFrameObject)) {
        probes.push_back(kept_probe(interpreter, store));
    }
    if (probes.empty() || probes.size() > kMostCopies)
        return site_error("take_ownership", "its code was not found in this build");
    return probes;
}

}  // namespace flowtap
