// SPDX-License-Identifier: Apache-2.0
// Records of the ring buffer in any order, sound and damaged: what started has ended once or is open.
#include <map>
#include <set>
#include <vector>

#include "input.h"
#include "pipeline/event_decoder.h"
#include "pipeline/execution_tracker.h"
#include "pipeline/late_ends.h"

using namespace flowtap;

namespace {

constexpr std::uint32_t kProcesses = 3;
constexpr std::size_t kMostOpen = 50;

// Few of everything, so that begins and ends meet.
void narrow(ft_header& header, fuzz::Bytes& input, std::uint64_t time_ns) {
    header.time_ns = time_ns - input.below(50);
    header.key = 64 * input.below(16);
    header.tgid = 1 + input.below(kProcesses);
    header.tid = header.tgid + input.below(3);
    header.point = input.below(4);
    header.key_kind = static_cast<__u8>(input.below(8));
    header.status = static_cast<__u8>(input.below(4));
}

template <typename Record>
std::vector<std::byte> record(fuzz::Bytes& input, __u16 kind, std::uint64_t time_ns) {
    auto value = input.take<Record>();
    ft_header header = {};
    header.kind = kind;
    narrow(header, input, time_ns);
    std::memcpy(&value, &header, sizeof(header));
    std::vector<std::byte> bytes(sizeof(value));
    std::memcpy(bytes.data(), &value, sizeof(value));
    return bytes;
}

std::vector<std::byte> next_record(fuzz::Bytes& input, std::uint64_t time_ns) {
    const auto kind = static_cast<__u16>(input.below(12));
    switch (kind) {
        case FT_EVENT_BEGIN:
        case FT_EVENT_CREATED:
            return record<ft_begin>(input, kind, time_ns);
        case FT_EVENT_END:
        case FT_EVENT_RAISED:
            return record<ft_end>(input, kind, time_ns);
        case FT_EVENT_LEFT:
            return record<ft_left>(input, kind, time_ns);
        case FT_EVENT_DONE:
            return record<ft_done>(input, kind, time_ns);
        case 0: {
            const std::string_view raw = input.take_text(input.take<std::uint16_t>() % 700);
            const auto bytes = std::as_bytes(std::span(raw));
            return {bytes.begin(), bytes.end()};
        }
        default:
            return record<ft_header>(input, kind, time_ns);
    }
}

// Follows outcomes as the exporter does.
class Account {
public:
    void enter(std::vector<Outcome>& outcomes) {
        for (const Outcome& outcome : outcomes) {
            if (const auto* started = std::get_if<Started>(&outcome))
                fuzz::require(open_.emplace(started->token, started->time_ns).second);
            if (const auto* ended = std::get_if<Ended>(&outcome)) {
                fuzz::require(open_.erase(ended->token) == 1);
                fuzz::require(ended->end_ns >= ended->begin_ns);
                fuzz::require(ended->running_ns.value_or(0) <= ended->end_ns - ended->begin_ns);
            }
        }
        outcomes.clear();
    }
    [[nodiscard]] std::size_t open() const { return open_.size(); }

private:
    std::map<std::uint64_t, std::uint64_t> open_;
};

void describe_points(ExecutionTracker& tracker) {
    tracker.add_point(0, {.kind = ExecutionKind::kWorkflow, .python = true, .name = "run"});
    tracker.add_point(1,
                      {.kind = ExecutionKind::kNode, .python = true, .in_workflows = true, .name = "node"});
    tracker.add_point(2, {.kind = ExecutionKind::kNode, .name = "native", .node_names = {{1, "one"}}});
}

// Made once, which takes longer than most inputs do: each input ends all that it began.
struct Pipeline {
    Pipeline() { describe_points(tracker); }

    void enter(const Event& event) {
        if (const ft_header* header = header_of(event)) processes.insert(header->tgid);
        tracker.apply(event, outcomes);
        account.enter(outcomes);
        fuzz::require(tracker.open_count() <= kMostOpen);
    }
    void end(std::uint64_t time_ns) {
        for (const EndEvent& one : late.take_begun_before(~std::uint64_t{0})) tracker.apply(one, outcomes);
        fuzz::require(late.empty());
        tracker.release_ends(~std::uint64_t{0}, outcomes);
        for (const std::uint32_t tgid : processes) tracker.end_process(tgid, time_ns, outcomes);
        processes.clear();
        account.enter(outcomes);
        fuzz::require(account.open() == 0 && tracker.open_count() == 0);
    }

    ExecutionTracker tracker{kMostOpen, kMostOpen};
    LateEnds late;
    Account account;
    std::vector<Outcome> outcomes;
    std::set<std::uint32_t> processes;
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static Pipeline pipeline;
    fuzz::Bytes input(data, size);
    std::uint64_t time_ns = 1000;
    while (!input.empty()) {
        time_ns += 10;
        const Event event = decode_event(next_record(input, time_ns));
        const auto* end = std::get_if<EndEvent>(&event);
        if (end != nullptr && input.below(4) == 0) {
            pipeline.processes.insert(end->header.tgid);
            pipeline.late.add(*end, time_ns);
        } else {
            for (const EndEvent& one : pipeline.late.take_before(event)) pipeline.enter(one);
            pipeline.enter(event);
        }
    }
    pipeline.end(time_ns);
    return 0;
}
