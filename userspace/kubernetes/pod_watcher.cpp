// SPDX-License-Identifier: Apache-2.0
#include "kubernetes/pod_watcher.h"

#include "base/thread.h"
#include "kubernetes/lines.h"
#include "kubernetes/pod_reader.h"

namespace flowtap {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMaxListBytes = std::size_t{32} << 20;
constexpr std::size_t kMaxEventBytes = std::size_t{4} << 20;  // etcd holds objects of at most 1.5 MiB
constexpr std::size_t kMostLogLines = 100;
constexpr unsigned kFailuresToLog = 2;  // in a row: anything between may cut a watch

constexpr long kOk = 200;
constexpr long kUnauthorized = 401;
constexpr long kForbidden = 403;
constexpr long kGone = 410;

// Asks for metadata only. A server that does not support that sends whole pods.
constexpr std::string_view kAcceptList =
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";
constexpr std::string_view kAcceptEvents =
    "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";

std::string remedy_of(PodWatchFailure reason) {
    switch (reason) {
        case PodWatchFailure::kCredentials:
            return "mount a service account's token: automountServiceAccountToken";
        case PodWatchFailure::kDenied:
            return "allow the service account to list and watch pods: deploy/kubernetes/pod-names";
        case PodWatchFailure::kUnreachable:
            return "check that no NetworkPolicy keeps flowtap from the API server";
        case PodWatchFailure::kStatus:
        case PodWatchFailure::kMalformed:
            break;
    }
    return "check that this is the API server of the cluster";
}

PodWatchFailure reason_of(long status) {
    return status == kUnauthorized || status == kForbidden ? PodWatchFailure::kDenied
                                                           : PodWatchFailure::kStatus;
}

}  // namespace

Result<std::unique_ptr<PodWatcher>> PodWatcher::start(ClusterAccess access, const PodWatchTimes& times) {
    Result<std::unique_ptr<ApiClient>> client = ApiClient::make();
    if (!client) return client.error();
    std::unique_ptr<PodWatcher> watcher(new PodWatcher(std::move(access), times, std::move(*client)));
    Result<std::jthread> thread =
        start_thread("watches pods", [raw = watcher.get()](const std::stop_token& stop) { raw->work(stop); });
    if (!thread) return thread.error();
    watcher->thread_ = std::move(*thread);
    return watcher;
}

PodWatcher::~PodWatcher() {
    thread_.request_stop();
    client_->stop();
}

void PodWatcher::work(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        const Clock::time_point before = Clock::now();
        const bool listing = resource_version_.empty();
        const Done failure = listing ? list() : watch();
        if (stop.stop_requested()) return;
        if (failure) {
            note_failure(*failure);
        } else if (listing) {
            continue;
        }
        if (!listing && Clock::now() - before >= times_.settled) backoff_.reset();
        pause(stop);
    }
}

void PodWatcher::pause(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, stop, backoff_.next(random()), [] { return false; });
}

double PodWatcher::random() { return std::uniform_real_distribution<>(0, 1)(random_); }

// Sends one request, with the current token.
PodWatcher::Done PodWatcher::ask(const std::string& url, std::string_view accepted,
                                 std::chrono::milliseconds patience, const ApiClient::OnBytes& on_bytes,
                                 ApiAnswer& answer) {
    const Result<std::string> token = read_token(access_.token_file);
    if (!token) return Failure{PodWatchFailure::kCredentials, token.error().message()};
    answer = client_->get({url, access_.ca_file, *token, std::string(accepted), patience}, on_bytes);
    if (answer.status == 0) return Failure{PodWatchFailure::kUnreachable, answer.cause};
    if (answer.status == kOk || answer.status == kGone) return {};
    return Failure{reason_of(answer.status), "it answered with status " + std::to_string(answer.status)};
}

PodWatcher::Done PodWatcher::list() {
    std::string body;
    bool too_long = false;
    const auto take = [&](std::string_view bytes) {
        too_long = bytes.size() > kMaxListBytes - body.size();
        if (!too_long) body += bytes;
        return !too_long;
    };
    ApiAnswer answer;
    if (Done failure = ask(list_url(access_), kAcceptList, times_.list_patience, take, answer))
        return failure;
    if (too_long) return Failure{PodWatchFailure::kMalformed, "the list is too long"};
    if (!answer.cause.empty()) return Failure{PodWatchFailure::kUnreachable, answer.cause};
    if (answer.status != kOk) return Failure{reason_of(answer.status), "it answered a list with status 410"};
    Result<PodList> pods = read_pod_list(body);
    if (!pods) return Failure{PodWatchFailure::kMalformed, pods.error().cause};
    resource_version_ = std::move(pods->resource_version);
    {
        const std::lock_guard lock(mutex_);
        table_.replace(pods->pods);
        listed_ = true;
        ++version_;
    }
    changed_.notify_all();
    note_success();
    return {};
}

// A cut connection continues from the last version. After an answer that was not understood, all pods are
// listed again.
PodWatcher::Done PodWatcher::watch() {
    Lines lines(kMaxEventBytes);
    Done wrong;
    bool too_long = false;
    const auto take_line = [&](std::string_view line) {
        wrong = take_event(line);
        return !wrong && !resource_version_.empty();
    };
    const auto take = [&](std::string_view bytes) {
        const bool more = lines.add(bytes, take_line);
        too_long = !more && !wrong && !resource_version_.empty();
        return more;
    };
    ApiAnswer answer;
    const std::chrono::seconds duration(
        static_cast<std::int64_t>(static_cast<double>(times_.watch.count()) * (1 + random())));
    Done failure = ask(watch_url(access_, resource_version_, duration), kAcceptEvents,
                       duration + times_.list_patience, take, answer);
    if (failure) return failure;
    if (too_long) wrong = Failure{PodWatchFailure::kMalformed, "an event is too long"};
    if (wrong || answer.status == kGone) resource_version_.clear();
    if (wrong || resource_version_.empty()) return wrong;
    if (answer.cause.empty() && lines.unfinished())
        answer.cause = "the connection was cut in the middle of an event";
    if (!answer.cause.empty()) return Failure{PodWatchFailure::kUnreachable, answer.cause};
    return {};
}

PodWatcher::Done PodWatcher::take_event(std::string_view line) {
    Result<PodEvent> event = read_pod_event(line);
    if (!event) return Failure{PodWatchFailure::kMalformed, event.error().cause};
    resource_version_ = std::move(event->resource_version);
    if (event->kind == PodEvent::Kind::kExpired) return {};
    note_success();
    const std::lock_guard lock(mutex_);
    if (event->kind == PodEvent::Kind::kRemove) table_.remove(event->pod.uid);
    if (event->kind != PodEvent::Kind::kPut) return {};
    if (!table_.put(event->pod)) return Failure{PodWatchFailure::kMalformed, "too many pods for one node"};
    ++version_;
    return {};
}

void PodWatcher::note_failure(const Failure& failure) {
    ++failures_in_row_;
    const bool tell = !warned_ && (resource_version_.empty() || failures_in_row_ >= kFailuresToLog);
    warned_ = warned_ || tell;
    const std::lock_guard lock(mutex_);
    ++failures_[failure.reason];
    if (!tell || log_lines_.size() >= kMostLogLines) return;
    log_lines_.push_back(
        Error{"list pods at " + access_.url + " for node", access_.node, failure.cause,
              remedy_of(failure.reason) + "; until then pod names come from the processes' environment"}
            .message());
}

void PodWatcher::note_success() {
    failures_in_row_ = 0;
    if (!std::exchange(warned_, false)) return;
    const std::lock_guard lock(mutex_);
    if (log_lines_.size() < kMostLogLines) log_lines_.push_back(access_.url + " lists the pods again");
}

bool PodWatcher::wait_for_list(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [this] { return listed_; });
}

std::optional<PodName> PodWatcher::find(const std::string& uid) const {
    const std::lock_guard lock(mutex_);
    const PodName* name = table_.find(uid);
    if (name == nullptr) return std::nullopt;
    return *name;
}

PodWatchStats PodWatcher::statistics() const {
    const std::lock_guard lock(mutex_);
    return {failures_, table_.size()};
}

std::vector<std::string> PodWatcher::take_log_lines() {
    const std::lock_guard lock(mutex_);
    return std::exchange(log_lines_, {});
}

}  // namespace flowtap
