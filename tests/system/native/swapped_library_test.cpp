// SPDX-License-Identifier: Apache-2.0
// A library that a target exchanges for another version, at the same address, between the analysis of its
// code and the attach: what would be probed is the middle of an instruction, and the target would compute
// something else.
#include <cstdlib>
#include <functional>

#include "attach/attacher.h"
#include "attach/kernel/bpf_object.h"
#include "child.h"
#include "plan/planner.h"
#include "process/process_facts.h"
#include "process/remote_memory.h"
#include "profile/profile_loader.h"
#include "system_test.h"
#include "temporary_directory.h"

namespace flowtap::system_test::swapped_library_test {
namespace {

constexpr const char* kProfile = R"(profile: host
runtime: native
binaries: [libswapped.so]
points:
  - name: node
    kind: node
    function: run_node
)";

// Where the older version has the function's first instruction, the newer one has a byte of the number.
constexpr const char* kLibrary = R"(
    __asm__(".text\n.balign 64\n.skip 16, 0x90\n"
    #ifndef NEWER
            ".skip 2, 0x90\n"
    #endif
            ".globl run_node\n.type run_node, @function\nrun_node:\n.cfi_startproc\n"
            "push %rbx\n.cfi_adjust_cfa_offset 8\nmov $0x01010101, %eax\n"
            "pop %rbx\n.cfi_adjust_cfa_offset -8\nret\n.cfi_endproc\n.size run_node, . - run_node\n.balign 64, 0x90\n");
)";

// "run": calls the function and says how many results were wrong. "swap": exchanges the library.
constexpr const char* kHost = R"(
    #include <dlfcn.h>
    #include <stdio.h>
    #include <string.h>
    int main(void) {
        void* library = dlopen("./libswapped.so", RTLD_NOW);
        int (*run)(void) = (int (*)(void))dlsym(library, "run_node");
        char line[16];
        printf("ready\n"), fflush(stdout);
        while (fgets(line, sizeof(line), stdin)) {
            if (strcmp(line, "swap\n") == 0) {
                Dl_info before, after;
                dladdr((void*)run, &before);
                dlclose(library);
                if (rename("newer.so", "libswapped.so")) return 2;
                library = dlopen("./libswapped.so", RTLD_NOW);
                run = (int (*)(void))dlsym(library, "run_node");
                dladdr((void*)run, &after);
                puts(before.dli_fbase == after.dli_fbase ? "swapped" : "moved");
            } else {
                int wrong = 0;
                for (int i = 0; i < 1000; i++) wrong += run() != 0x01010101;
                printf("%d\n", wrong);
            }
            fflush(stdout);
        }
        return 0;
    }
)";

// The kernel, but for what happens just before the first link is made.
class Interrupted final : public Kernel {
public:
    Interrupted(Kernel& kernel, std::function<void()> event) : kernel_(kernel), event_(std::move(event)) {}

    int put(Table table, std::span<const std::byte> key, std::span<const std::byte> value) override {
        return kernel_.put(table, key, value);
    }
    void erase(Table table, std::span<const std::byte> key) override { kernel_.erase(table, key); }
    void forget_executions(std::uint32_t tgid) override { kernel_.forget_executions(tgid); }
    int open(const std::string& path, Fd& file) override { return kernel_.open(path, file); }
    int link(Program program, pid_t pid, const std::string& file, std::span<const Place> places,
             std::vector<Link>& made) override {
        if (event_) std::exchange(event_, nullptr)();
        return kernel_.link(program, pid, file, places, made);
    }
    [[nodiscard]] bool links_many(Program program) const override { return kernel_.links_many(program); }
    Result<std::vector<Fd>> watch(pid_t pid, std::uint64_t address, Program program) override {
        return kernel_.watch(pid, address, program);
    }

private:
    Kernel& kernel_;
    std::function<void()> event_;
};

class SwappedLibrary : public SystemTest {
protected:
    void SetUp() override {
        SystemTest::SetUp();
        if (IsSkipped()) return;
        if (std::system("command -v cc >/dev/null") != 0) GTEST_SKIP() << "missing: cc";
        std::ignore = directory_.write("library.c", kLibrary);
        std::ignore = directory_.write("host.c", kHost);
        const std::string command =
            "cd " + directory_.text() +
            " && cc -w -D_GNU_SOURCE -O1 -o host host.c -ldl && cc -O1 -shared -o libswapped.so library.c"
            " && cc -O1 -shared -DNEWER -o newer.so library.c";
        ASSERT_EQ(std::system(command.c_str()), 0) << command;
        host_.emplace(
            std::vector<std::string>{"/bin/sh", "-c", "cd " + directory_.text() + " && exec ./host"});
        ASSERT_EQ(host_->next_line(), "ready");
        LoadedProfile loaded = parse_profile(kProfile, "host.yaml");
        ASSERT_TRUE(std::holds_alternative<Profile>(loaded));
        profiles_ = {std::get<Profile>(std::move(loaded))};
        auto memory = RemoteMemory::open(host_->pid());
        ASSERT_TRUE(memory) << memory.error().message();
        memory_.emplace(*std::move(memory));
        auto bpf = BpfObject::load({}, {.event = [this](std::span<const std::byte>) { events_++; },
                                        .late_end = [](std::span<const std::byte>, std::uint64_t) {},
                                        .start = [](const ft_start&) {}});
        ASSERT_TRUE(bpf) << bpf.error().message();
        bpf_.emplace(*std::move(bpf));
    }

    Plan plan() {
        const auto facts = read_process_facts(host_->pid());
        EXPECT_TRUE(facts);
        auto plan = plan_process(*facts, *memory_, profiles_);
        EXPECT_TRUE(plan) << plan.error().message();
        EXPECT_TRUE(plan->observes_anything());
        return *std::move(plan);
    }
    std::string say(const std::string& line) {
        host_->send_line(line);
        return host_->next_line();
    }

    TemporaryDirectory directory_;
    std::size_t events_ = 0;
    std::vector<Profile> profiles_;
    std::optional<Child> host_;
    std::optional<RemoteMemory> memory_;
    std::optional<BpfObject> bpf_;
};

TEST_F(SwappedLibrary, IsObservedAsLongAsItIsTheOneThatWasAnalysed) {
    Attacher attacher(*bpf_);
    const auto attachment = attacher.attach(plan(), *memory_);
    ASSERT_TRUE(attachment) << attachment.error().message();
    EXPECT_EQ(say("run"), "0");
    bpf_->drain();
    EXPECT_EQ(events_, 2000u);
}

TEST_F(SwappedLibrary, GetsNoProbeWhereItWasExchangedAfterTheAnalysis) {
    Attacher attacher(*bpf_);
    const Plan analysed = plan();
    ASSERT_EQ(say("swap"), "swapped");
    const auto attachment = attacher.attach(analysed, *memory_);
    EXPECT_FALSE(attachment);
    EXPECT_EQ(say("run"), "0");
    const auto again = attacher.attach(plan(), *memory_);
    EXPECT_TRUE(again) << again.error().message();
    EXPECT_EQ(say("run"), "0");
    bpf_->drain();
    EXPECT_EQ(events_, 2000u) << "of the function that is there now";
}

TEST_F(SwappedLibrary, GetsNoProbeWhereItIsExchangedDuringTheAttach) {
    Interrupted kernel(*bpf_, [this] { EXPECT_EQ(say("swap"), "swapped"); });
    Attacher attacher(kernel);
    const auto attachment = attacher.attach(plan(), *memory_);
    EXPECT_FALSE(attachment);
    EXPECT_EQ(say("run"), "0");
}

}  // namespace
}  // namespace flowtap::system_test::swapped_library_test
