// SPDX-License-Identifier: Apache-2.0
// The cost of the exporter: folding records into series on one thread; scrapes in each format, compared with
// prometheus-cpp's serializer; memory by the number of distinct ids. Prints medians of rounds as Markdown
// tables.
#include <prometheus/summary.h>
#include <prometheus/text_serializer.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/http/gzip.h"
#include "exporter/metrics/metrics.h"
#include "pipeline/event_decoder.h"
#include "pipeline/execution_tracker.h"
#include "tests/unit/exporter/model_exposition.h"

namespace flowtap {
namespace {

using Record = std::vector<std::byte>;

// CPU time: other load on the machine does not count.
double seconds_of(const std::function<void()>& work) {
    const auto now = [] {
        std::timespec time{};
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
    };
    const double begin = now();
    work();
    return now() - begin;
}

double median_seconds(int rounds, const std::function<void()>& work) {
    std::vector<double> seconds;
    for (int round = 0; round < rounds; ++round) seconds.push_back(seconds_of(work));
    std::ranges::sort(seconds);
    return seconds[seconds.size() / 2];
}

double resident_bytes() {
    std::ifstream file("/proc/self/statm");
    double size = 0;
    double resident = 0;
    file >> size >> resident;
    return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

ft_text text_of(const std::string& text) {
    ft_text filled = {};
    filled.length = static_cast<std::uint16_t>(text.size());
    filled.encoding = FT_TEXT_UTF8;
    std::memcpy(filled.data, text.data(), text.size());
    return filled;
}

template <typename T>
Record bytes_of(const T& record) {
    const auto* begin = reinterpret_cast<const std::byte*>(&record);
    return {begin, begin + sizeof record};
}

ft_header header(std::uint16_t kind, std::uint64_t key, std::uint64_t time_ns) {
    return {.time_ns = time_ns,
            .key = key,
            .tgid = 1,
            .tid = 1,
            .point = 0,
            .kind = kind,
            .key_kind = FT_KEY_FRAME,
            .status = FT_STATUS_SUCCESS};
}

// Node executions of 20 workflows with 50 nodes each: each begin is followed by its end.
std::vector<Record> node_records(std::size_t executions) {
    std::vector<Record> records;
    for (std::size_t i = 0; i < executions; ++i) {
        ft_begin begin = {};
        begin.header = header(FT_EVENT_BEGIN, i % 64 + 1, i * 1000);
        begin.workflow_id = text_of("order-processing-" + std::to_string(i % 20));
        begin.node_id = text_of("validate-input-" + std::to_string(i / 20 % 50));
        begin.node_type = text_of("PythonCodeNode");
        ft_end end = {};
        end.header = header(FT_EVENT_END, i % 64 + 1, i * 1000 + 50'000 + i % 977 * 1000);
        records.push_back(bytes_of(begin));
        records.push_back(bytes_of(end));
    }
    return records;
}

constexpr std::size_t kBatch = 4096;

void track(const std::vector<Record>& records, const std::function<void(std::vector<Outcome>&)>& take) {
    ExecutionTracker tracker;
    tracker.add_point(0, {.kind = ExecutionKind::kNode, .python = true, .name = "node"});
    std::vector<Outcome> outcomes;
    for (const Record& record : records) {
        tracker.apply(decode_event(record), outcomes);
        if (outcomes.size() >= kBatch) take(outcomes);
    }
    take(outcomes);
}

void measure_folding(bool quick) {
    const std::vector<Record> records = node_records(quick ? 50'000 : 500'000);
    const auto per_event = [&](double seconds) {
        return seconds / static_cast<double>(records.size()) * 1e9;
    };
    std::vector<Outcome> all;
    track(records, [&](auto& outcomes) {
        all.insert(all.end(), outcomes.begin(), outcomes.end());
        outcomes.clear();
    });
    const double tracking =
        median_seconds(5, [&] { track(records, [](auto& outcomes) { outcomes.clear(); }); });
    const double folding = median_seconds(5, [&] {
        Metrics metrics({});
        for (std::size_t i = 0; i < all.size(); i += kBatch)
            metrics.fold(std::span(all).subspan(i, std::min(kBatch, all.size() - i)));
    });
    const double both = median_seconds(5, [&] {
        Metrics metrics({});
        track(records, [&](auto& outcomes) {
            metrics.fold(outcomes);
            outcomes.clear();
        });
    });
    std::printf("| step, one thread, 1,000 label sets | ns per event | events per second |\n|---|---|---|\n");
    for (const auto& [name, seconds] :
         {std::pair{"decode and track", tracking}, {"fold", folding}, {"decode, track and fold", both}})
        std::printf("| %s | %.0f | %.2f million |\n", name, per_event(seconds), 1e3 / per_event(seconds));
}

void measure_quantiles() {
    constexpr int kObservations = 200'000;
    Latency latency(true);
    const double ours = seconds_of([&] {
        for (int i = 0; i < kObservations; ++i)
            latency.observe(static_cast<std::uint64_t>(i % 9973) * 10'000, 1'000'000'000);
    });
    prometheus::Summary summary({{0.5, 0.05}, {0.99, 0.001}});
    const double theirs = seconds_of([&] {
        for (int i = 0; i < kObservations; ++i) summary.Observe(static_cast<double>(i % 9973) / 1e5);
    });
    std::printf("\n| quantiles of a summary | ns per observation |\n|---|---|\n");
    std::printf("| flowtap, any quantiles, within 1.1 %% | %.0f |\n", ours / kObservations * 1e9);
    std::printf("| prometheus-cpp, 0.5 and 0.99 | %.0f |\n", theirs / kObservations * 1e9);
}

void run_nodes(Metrics& metrics, std::size_t ids) {
    std::vector<Outcome> outcomes;
    for (std::size_t id = 0; id < ids; ++id) {
        const SharedIdentity node = NodeIdentity{"workflow-" + std::to_string(id % 100),
                                                 "node-" + std::to_string(id), "PythonCodeNode"};
        Started begin;
        Ended end;
        begin.token = end.token = id;
        begin.time_ns = end.begin_ns = id * 1000;
        end.end_ns = end.begin_ns + 1'000'000 + id % 977 * 100'000;
        begin.identity = end.identity = node;
        outcomes.emplace_back(begin);
        outcomes.emplace_back(end);
        if (outcomes.size() < kBatch && id + 1 < ids) continue;
        metrics.fold(outcomes);
        outcomes.clear();
    }
}

MetricsConfig limited(std::size_t limit) {
    MetricsConfig config;
    config.limits = {limit, limit, limit};
    return config;
}

void measure_scrapes(bool quick) {
    std::printf("\n| node label sets | series | format | size, MB | scrape, ms |\n|---|---|---|---|---|\n");
    for (const std::size_t ids : {400, 4'000}) {
        Metrics metrics(limited(1'000'000));
        run_nodes(metrics, ids);
        const Moment now{1'000'000'000'000, 1.7e9};
        std::string body;
        std::size_t series = 0;
        const auto row = [&](const char* name, const std::function<void()>& scrape) {
            const double seconds = median_seconds(quick ? 3 : 9, scrape);
            if (series == 0) series = static_cast<std::size_t>(std::ranges::count(body, '\n'));
            std::printf("| %zu | %zu | %s | %.2f | %.1f |\n", ids, series, name,
                        static_cast<double>(body.size()) / 1e6, seconds * 1e3);
        };
        row("text 0.0.4", [&] { body = metrics.expose(ScrapeFormat::kText, now); });
        row("OpenMetrics", [&] { body = metrics.expose(ScrapeFormat::kOpenMetrics, now); });
        row("protobuf, native histograms", [&] { body = metrics.expose(ScrapeFormat::kProtobuf, now); });
        row("text 0.0.4, gzip", [&] { body = *gzip(metrics.expose(ScrapeFormat::kText, now)); });
        const auto families = test::collect(metrics, now.monotonic_ns);
        row("prometheus-cpp: its serializer alone",
            [&] { body = prometheus::TextSerializer().Serialize(families); });
        row("prometheus-cpp: model and serializer",
            [&] { body = prometheus::TextSerializer().Serialize(test::collect(metrics, now.monotonic_ns)); });
        const double lock = median_seconds(99, [&] { (void)metrics.executions(); });
        std::printf("| %zu | %zu | the part under the lock | | %.4f |\n", ids, series, lock * 1e3);
    }
}

void measure_ids(std::size_t limit, std::size_t ids) {
    const double before = resident_bytes();
    Metrics metrics(limited(limit));
    const double folding = seconds_of([&] { run_nodes(metrics, ids); });
    const double used = resident_bytes() - before;
    std::string body;
    const double scrape = seconds_of([&] { body = metrics.expose(ScrapeFormat::kText, {}); });
    std::printf("| %zu | %zu | %.1f | %.0f | %.0f | %.0f | %.1f |\n", ids, limit, used / 1e6,
                used / static_cast<double>(std::min(ids, limit)), folding / static_cast<double>(ids) * 5e8,
                scrape * 1e3, static_cast<double>(body.size()) / 1e6);
}

// Each case runs in a process of its own, so that no free memory of an earlier one is reused.
void measure_memory(bool quick) {
    std::printf(
        "\n| distinct ids met | limit | resident, MB | bytes per label set kept | fold, ns per event "
        "| scrape, ms | size, MB |\n|---|---|---|---|---|---|---|\n");
    const std::size_t most = quick ? 100'000 : 1'000'000;
    for (const std::size_t limit : {std::size_t{10'000}, most}) {
        for (const std::size_t ids : {std::size_t{1'000}, std::size_t{100'000}, most}) {
            std::fflush(stdout);
            const pid_t child = ::fork();
            if (child == 0) {
                measure_ids(limit, ids);
                std::fflush(stdout);
                ::_exit(0);
            }
            ::waitpid(child, nullptr, 0);
        }
    }
}

}  // namespace
}  // namespace flowtap

int main(int argc, char** argv) {
    const bool quick = argc > 1 && std::string_view(argv[1]) == "--quick";
    flowtap::measure_memory(quick);
    std::puts("");
    flowtap::measure_folding(quick);
    flowtap::measure_quantiles();
    flowtap::measure_scrapes(quick);
    return 0;
}
