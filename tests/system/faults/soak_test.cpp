// SPDX-License-Identifier: Apache-2.0
// A long run with churn of targets and workflows, scrapes and reloads, under one daemon. What it holds is
// sampled at rest, once a round, and may not grow. For FLOWTAP_SOAK_SECONDS, as scripts/soak.sh sets it;
// without, it is skipped.
#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <stdexcept>
#include <thread>

#include "flowtap_daemon.h"
#include "interpreters.h"
#include "kernel_tables.h"
#include "paths.h"
#include "target.h"
#include "temporary_directory.h"
#include "unit/http/http_client.h"

namespace flowtap::system_test::soak_test {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostRows = 30;    // of the printed table
constexpr double kMostGrowth = 8 << 20;  // bytes, from the first quarter's most to the last quarter's least
constexpr int kTargetsOfARound = 6;

std::chrono::seconds length() {
    const char* seconds = std::getenv("FLOWTAP_SOAK_SECONDS");
    return std::chrono::seconds(seconds == nullptr ? 0 : std::atoi(seconds));
}

// What the daemon holds while its targets of a round are gone.
struct Sample {
    double at = 0;  // seconds since the start
    double targets = 0;
    double executions = 0;
    double memory = 0;
    double processor = 0;  // seconds
    std::size_t descriptors = 0;
    std::size_t threads = 0;
    std::size_t entries = 0;  // of the kernel's tables
    std::size_t links = 0;
    std::size_t series = 0;
};

std::size_t threads_of(pid_t pid) {
    const std::filesystem::directory_iterator all("/proc/" + std::to_string(pid) + "/task");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

// On a machine that gives it no CPU time, flowtap refuses a scrape rather than to answer with old numbers.
Exposition scrape_patiently(const FlowtapDaemon& flowtap) {
    constexpr int kMostRefusals = 20;
    for (int refusals = 0; refusals < kMostRefusals; ++refusals) {
        const test::Reply reply = test::request(flowtap.port(), "GET", "/metrics");
        if (reply.status() == 200) return Exposition::parse(reply.body);
        EXPECT_EQ(reply.status(), 503);
    }
    throw std::runtime_error("flowtap refuses to be scraped; it said: " + flowtap.log());
}

class SoakTest : public SystemTest {
protected:
    void SetUp() override {
        SystemTest::SetUp();
        if (!IsSkipped() && length().count() == 0)
            GTEST_SKIP() << "missing: FLOWTAP_SOAK_SECONDS (scripts/soak.sh sets it)";
    }

    static std::string mark() { return std::to_string(7'000'000 + ::getpid()); }
    // Every config is another text of the same meaning.
    void write_config() {
        (void)directory_.write("config.yaml",
                               "match: '(--seed|--retry-every) " + mark() +
                                   "'\nmax-overhead: off\nseries-expiry: 5s\nprofile: " + kEngineCProfile +
                                   "\n# " + std::to_string(++reloads_) + "\n");
    }
    [[nodiscard]] std::vector<std::string> program(int number) const {
        const std::string python = interpreters().front();
        if (number % 3 == 0 && !python.empty()) {
            const char* shape = number % 2 == 0 ? "threads" : "async";
            return python_target(python).command(
                {"--shape", shape, "--runs", "20", "--fail-every", "3", "--seed", mark()});
        }
        return {kEngineC, "--threads",    "3", "--runs",        "200", "--nodes",
                "4",      "--fail-every", "7", "--retry-every", mark()};
    }
    // Every third is killed while it runs.
    void run_targets(FlowtapDaemon& flowtap) {
        std::vector<std::unique_ptr<Workload>> targets;
        for (int i = 0; i < kTargetsOfARound; ++i)
            targets.push_back(std::make_unique<Workload>(program(started_++)));
        for (const auto& target : targets) {
            ASSERT_TRUE(flowtap.attaches_to(target->pid())) << target->pid() << flowtap.log();
            target->start_round();
        }
        write_config();
        flowtap.child().signal(SIGHUP);
        for (std::size_t i = 0; i < targets.size(); ++i) {
            if (i % 3 == 2) {
                targets[i]->child().signal(SIGKILL);
                continue;
            }
            (void)targets[i]->report();
            EXPECT_EQ(targets[i]->leave(), 0);
        }
    }
    static std::size_t entries_of(const KernelHoldings& holdings) {
        std::size_t count = 0;
        for (const char* table : {"targets", "sites", "landings", "codes", "open"})
            count += holdings.entries.at(table);
        return count;
    }
    static bool at_rest(const FlowtapDaemon& flowtap) {
        const Exposition metrics = scrape_patiently(flowtap);
        return metrics.sum("flowtap_targets", {{"state", "attached"}}) == 0 &&
               metrics.sum("active_workflows") + metrics.sum("workflow_node_executions_active") == 0 &&
               entries_of(kernel_holdings(flowtap.child().pid())) == 0;
    }
    [[nodiscard]] Sample sample(const FlowtapDaemon& flowtap) const {
        const Exposition metrics = scrape_patiently(flowtap);
        const KernelHoldings held = kernel_holdings(flowtap.child().pid());
        EXPECT_TRUE(identity_holds(metrics));
        EXPECT_TRUE(no_event_vanished(metrics));
        EXPECT_EQ(metrics.sum("flowtap_events_lost_total"), 0);
        return {.at = std::chrono::duration<double>(Clock::now() - began_).count(),
                .targets = metrics.sum("flowtap_targets", {{"state", "gone"}}),
                .executions = metrics.sum("flowtap_point_executions_total"),
                .memory = metrics.sum("process_resident_memory_bytes"),
                .processor = metrics.sum("process_cpu_seconds_total"),
                .descriptors = held.descriptors.size(),
                .threads = threads_of(flowtap.child().pid()),
                .entries = entries_of(held),
                .links = held.links,
                .series = metrics.samples().size()};
    }

    const Clock::time_point began_ = Clock::now();
    TemporaryDirectory directory_;
    int reloads_ = 0;
    int started_ = 0;
};

void print(const std::vector<Sample>& samples) {
    std::cout << "soak: seconds  targets  executions  RSS MiB  CPU s  descriptors  threads  entries  links  "
                 "series\n";
    const std::size_t step = samples.size() / kMostRows + 1;
    for (std::size_t i = 0; i < samples.size(); i += step) {
        const Sample& one = samples[i];
        std::cout << std::fixed << std::setprecision(1) << "soak: " << std::setw(7) << one.at
                  << std::setprecision(0) << std::setw(9) << one.targets << std::setw(12) << one.executions
                  << std::setprecision(1) << std::setw(9) << one.memory / (1 << 20) << std::setw(7)
                  << one.processor << std::setw(13) << one.descriptors << std::setw(9) << one.threads
                  << std::setw(9) << one.entries << std::setw(7) << one.links << std::setw(8) << one.series
                  << "\n";
    }
}

// The least of the last quarter is not above the most of the second.
template <typename Value>
void expect_flat(const std::vector<Sample>& samples, Value Sample::*value, Value growth) {
    const auto quarter = static_cast<std::ptrdiff_t>(samples.size() / 4);
    const auto less = [&](const Sample& one, const Sample& other) { return one.*value < other.*value; };
    const auto second = samples.begin() + quarter;
    const Sample& before = *std::max_element(second, second + quarter, less);
    const Sample& after = *std::min_element(samples.end() - quarter, samples.end(), less);
    EXPECT_LE(after.*value, before.*value + growth);
}

// Keeps reading while everything else goes on.
class Scraper {
public:
    explicit Scraper(const FlowtapDaemon& flowtap)
        : thread_([this, &flowtap] {
              while (!stopping_) {
                  const Exposition metrics = scrape_patiently(flowtap);
                  wrong_ += metrics.has("workflow_node_executions_total") && !identity_holds(metrics);
                  std::this_thread::sleep_for(std::chrono::milliseconds(50));
              }
          }) {}
    Scraper(const Scraper&) = delete;
    Scraper& operator=(const Scraper&) = delete;
    ~Scraper() { stopping_ = true; }
    [[nodiscard]] int wrong() const { return wrong_; }

private:
    std::atomic<bool> stopping_ = false;
    std::atomic<int> wrong_ = 0;
    std::jthread thread_;
};

TEST_F(SoakTest, MemoryAndDescriptorsDoNotGrow) {
    write_config();
    FlowtapDaemon flowtap({"--config", directory_ / "config.yaml"});
    std::vector<Sample> samples;
    {
        const Scraper scraper(flowtap);
        while (Clock::now() - began_ < length() || samples.size() < 8) {
            ASSERT_NO_FATAL_FAILURE(run_targets(flowtap));
            ASSERT_TRUE(eventually([&] { return at_rest(flowtap); })) << flowtap.log();
            samples.push_back(sample(flowtap));
        }
        EXPECT_EQ(scraper.wrong(), 0);
    }
    print(samples);
    expect_flat(samples, &Sample::memory, kMostGrowth);
    for (const auto value :
         {&Sample::descriptors, &Sample::threads, &Sample::entries, &Sample::links, &Sample::series})
        expect_flat(samples, value, std::size_t{0});
    EXPECT_EQ(flowtap.stop(SIGTERM), 0);
}

}  // namespace
}  // namespace flowtap::system_test::soak_test
