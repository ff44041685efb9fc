// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/result.h"
#include "exporter/metrics/collector_stats.h"
#include "kubernetes/api_client.h"
#include "kubernetes/backoff.h"
#include "kubernetes/cluster_access.h"
#include "kubernetes/pod_table.h"

namespace flowtap {

struct PodWatchTimes {
    std::chrono::milliseconds list_patience{30'000};
    std::chrono::seconds watch{300};                  // up to twice that; the server ends it then
    std::chrono::milliseconds first_pause{500};       // after a watch or a failure, doubled each time,
    std::chrono::milliseconds longest_pause{30'000};  // up to that,
    std::chrono::milliseconds settled{10'000};        // until a watch lasted this long
};

// Keeps the pods of a node up to date: lists them and watches for changes, on its own thread. Failures are
// counted and retried; known pods are kept meanwhile.
class PodWatcher {
public:
    // The thread has the caller's privileges. Errors: as ApiClient::make(), and kEnvironment if no thread can
    // be started.
    static Result<std::unique_ptr<PodWatcher>> start(ClusterAccess access, const PodWatchTimes& times = {});
    // Ends the thread immediately.
    ~PodWatcher();
    PodWatcher(const PodWatcher&) = delete;
    PodWatcher& operator=(const PodWatcher&) = delete;

    // Any thread, as all functions below. Whether the pods were listed within that time.
    [[nodiscard]] bool wait_for_list(std::chrono::milliseconds patience);
    [[nodiscard]] std::optional<PodName> find(const std::string& uid) const;
    // Increases whenever the result of find() may have changed.
    [[nodiscard]] std::uint64_t version() const { return version_; }
    [[nodiscard]] PodWatchStats statistics() const;
    // Log lines since the last call.
    std::vector<std::string> take_log_lines();

private:
    // Failures so far.
    struct Failure {
        PodWatchFailure reason;
        std::string cause;
    };
    using Done = std::optional<Failure>;

    PodWatcher(ClusterAccess access, const PodWatchTimes& times, std::unique_ptr<ApiClient> client)
        : access_(std::move(access)),
          times_(times),
          client_(std::move(client)),
          backoff_(times.first_pause, times.longest_pause) {}

    void work(const std::stop_token& stop);
    void pause(const std::stop_token& stop);
    Done list();
    Done watch();
    Done take_event(std::string_view line);
    Done ask(const std::string& url, std::string_view accepted, std::chrono::milliseconds patience,
             const ApiClient::OnBytes& on_bytes, ApiAnswer& answer);
    void note_failure(const Failure& failure);
    void note_success();
    double random();

    const ClusterAccess access_;
    const PodWatchTimes times_;
    std::unique_ptr<ApiClient> client_;
    // Used by the thread only.
    Backoff backoff_;
    std::string resource_version_;  // empty: list
    unsigned failures_in_row_ = 0;
    bool warned_ = false;
    std::minstd_rand random_{std::random_device{}()};

    std::atomic<std::uint64_t> version_ = 0;
    mutable std::mutex mutex_;  // guards the four below
    std::condition_variable_any changed_;
    PodTable table_;
    bool listed_ = false;
    Tally<PodWatchFailure> failures_;
    std::vector<std::string> log_lines_;
    std::jthread thread_;  // last, because it uses all of these
};

}  // namespace flowtap
