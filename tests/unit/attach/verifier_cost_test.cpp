// SPDX-License-Identifier: Apache-2.0
// What it takes the kernel to verify each BPF program: it refuses a program past a million instructions, and
// an older kernel may take more for the same one.
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attach/kernel/bpf_programs.h"
#include "flowtap_bpf.skel.h"
#include "plan/program.h"

namespace flowtap::verifier_cost_test {
namespace {

constexpr std::uint64_t kKernelLimit = 1'000'000;

// The kernel whose figures are recorded; those of another differ.
constexpr std::string_view kRecordedOn = "6.18.";

bool is_recorded_kernel() {
    utsname name = {};
    return ::uname(&name) == 0 && std::string_view(name.release).starts_with(kRecordedOn);
}

struct Cost {
    std::uint64_t iterators;
    std::uint64_t plain;
    [[nodiscard]] std::uint64_t of(Loops loops) const {
        return loops == Loops::kIterators ? iterators : plain;
    }
};

// Instructions that its verifier processed, for programs compiled by Clang 14. A program that takes half as
// many again has changed: measure it on the oldest kernel too, then change the figure.
const std::map<std::string, Cost>& recorded() {
    static const std::map<std::string, Cost> kRecorded = {
        {"code_pages", {50, 50}},
        {"native_entry", {3'357, 3'357}},
        {"native_exit", {683, 683}},
        {"native_return", {595, 595}},
        {"keyed_entry", {4'292, 4'292}},
        {"keyed_exit", {766, 766}},
        {"native_landing", {914, 914}},
        {"process_exit", {96, 96}},
        {"process_exec", {98, 98}},
        {"process_fork", {13'653, 34'064}},
        {"marker_begin", {4'001, 4'001}},
        {"marker_end", {1'545, 1'545}},
        {"marker_done", {4'880, 4'880}},
        {"python_call_entry", {14'274, 35'399}},
        {"python_call_exit", {4'191, 12'582}},
        {"python_step_entry", {29'144, 58'407}},
        {"python_step_exit", {5'179, 18'686}},
        {"python_drive_entry", {249, 249}},
        {"python_drive_exit", {194, 194}},
        {"python_created", {29'105, 58'365}},
        {"python_completion", {8'683, 23'818}},
        {"python_destroyed", {1'428, 1'428}},
        {"python_context_set", {15'180, 32'601}},
        {"python_context_destroyed", {522, 522}},
        {"python_mark", {15'810, 32'815}},
        {"python_raised", {12'813, 32'830}},
        {"python_variable_set", {13'693, 33'710}},
        {"python_variable_reset", {5'157, 7'316}},
        {"python_watch_begin", {19'239, 39'256}},
        {"python_watch_end", {683, 683}},
        {"python_frame_kept", {1'328, 1'328}},
        {"python_traceback", {1'764, 1'764}},
    };
    return kRecorded;
}

constexpr std::size_t kLogBytes = std::size_t{64} << 10;
constexpr std::uint32_t kLogStatistics = 4;  // BPF_LOG_STATS of the kernel's bpf_verifier.h

// The programs, loaded with a log for each.
class Loaded {
public:
    explicit Loaded(Loops loops) : object_(open_programs(loops)) {
        bpf_map__set_max_entries(object_->maps.events, 1U << 20);
        bpf_program* program = nullptr;
        bpf_object__for_each_program(program, object_->obj) {
            std::vector<char>& log = logs_[bpf_program__name(program)];
            log.resize(kLogBytes);
            bpf_program__set_log_buf(program, log.data(), log.size());
            bpf_program__set_log_level(program, kLogStatistics);
        }
        error_ = -flowtap_bpf::load(object_.get());
    }

    [[nodiscard]] int error() const { return error_; }
    [[nodiscard]] bpf_object* object() const { return object_->obj; }
    // By program.
    [[nodiscard]] std::map<std::string, std::uint64_t> processed() const {
        std::map<std::string, std::uint64_t> costs;
        for (const auto& [name, log] : logs_)
            if (const auto cost = processed_in(log.data())) costs[name] = *cost;
        return costs;
    }

private:
    static std::optional<std::uint64_t> processed_in(std::string_view log) {
        constexpr std::string_view kWord = "processed ";
        const auto at = log.rfind(kWord);
        if (at == std::string_view::npos) return std::nullopt;
        std::uint64_t cost = 0;
        const char* digits = log.data() + at + kWord.size();
        if (std::from_chars(digits, log.data() + log.size(), cost).ec != std::errc()) return std::nullopt;
        return cost;
    }

    std::map<std::string, std::vector<char>> logs_;  // outlive the object
    Programs object_;
    int error_ = 0;
};

// The global variables with their places: "section+offset name".
std::vector<std::string> globals_of(const bpf_object& object) {
    std::vector<std::string> globals;
    const btf* types = bpf_object__btf(&object);
    for (__u32 id = 1; id < btf__type_cnt(types); ++id) {
        const btf_type* section = btf__type_by_id(types, id);
        const std::string name = btf__name_by_offset(types, section->name_off);
        if (!btf_is_datasec(section) || name == ".maps" || name == ".ksyms") continue;
        for (const btf_var_secinfo& one : std::span(btf_var_secinfos(section), btf_vlen(section)))
            globals.push_back(name + "+" + std::to_string(one.offset) + " " +
                              btf__name_by_offset(types, btf__type_by_id(types, one.type)->name_off));
    }
    return globals;
}

TEST(BpfPrograms, MatchTheProgramTable) {
    const Programs object = open_programs(Loops::kPlain);
    ASSERT_NE(object, nullptr);
    for (const ProgramInfo& info : programs()) {
        const bpf_program* found = bpf_object__find_program_by_name(object->obj, info.name);
        ASSERT_NE(found, nullptr) << info.name;
        const bool watches = bpf_program__type(found) == BPF_PROG_TYPE_PERF_EVENT;
        EXPECT_EQ(watches, info.runs == ProgramInfo::Runs::kAtHardwareWatch) << info.name;
    }
}

// See keep_thread_stack() in bpf/execution.bpf.h.
TEST(BpfPrograms, ForUprobesKeepTheStackOfTheirThread) {
    const Programs object = open_programs(Loops::kPlain);
    ASSERT_NE(object, nullptr);
    for (const ProgramInfo& info : programs()) {
        if (info.runs == ProgramInfo::Runs::kAtHardwareWatch) continue;
        const bpf_program* program = bpf_object__find_program_by_name(object->obj, info.name);
        ASSERT_NE(program, nullptr) << info.name;
        const std::span<const bpf_insn> code(bpf_program__insns(program), bpf_program__insn_cnt(program));
        EXPECT_TRUE(std::ranges::any_of(code, [](const bpf_insn& one) {
            return one.code == (BPF_JMP | BPF_CALL) && one.src_reg == 0 && one.imm == BPF_FUNC_tail_call;
        })) << info.name;
    }
}

TEST(BpfPrograms, HaveTheSameTablesAndGlobalsInBothForms) {
    const Programs iterators = open_programs(Loops::kIterators);
    const Programs plain = open_programs(Loops::kPlain);
    ASSERT_NE(iterators, nullptr);
    ASSERT_NE(plain, nullptr);
    const bpf_map* map = nullptr;
    bpf_object__for_each_map(map, plain->obj) {
        const bpf_map* same = bpf_object__find_map_by_name(iterators->obj, bpf_map__name(map));
        ASSERT_NE(same, nullptr) << bpf_map__name(map);
        EXPECT_EQ(bpf_map__value_size(same), bpf_map__value_size(map)) << bpf_map__name(map);
    }
    EXPECT_EQ(globals_of(*iterators->obj), globals_of(*plain->obj));
    EXPECT_FALSE(globals_of(*plain->obj).empty());
}

class VerifierCostTest : public testing::TestWithParam<Loops> {};

TEST_P(VerifierCostTest, IsBounded) {
    libbpf_set_print([](libbpf_print_level, const char*, va_list) { return 0; });
    if (GetParam() == Loops::kIterators &&
        libbpf_find_vmlinux_btf_id("bpf_iter_num_new", BPF_TRACE_FENTRY) <= 0)
        GTEST_SKIP() << "missing: the kernel's number iterators (Linux 6.4)";
    const Loaded loaded(GetParam());
    if (loaded.error() == EPERM || loaded.error() == EACCES)
        GTEST_SKIP() << "missing: the right to load BPF programs: " << std::strerror(loaded.error());
    ASSERT_EQ(loaded.error(), 0) << std::strerror(loaded.error());
    const std::map<std::string, std::uint64_t> costs = loaded.processed();
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, loaded.object()) {
        const std::string name = bpf_program__name(program);
        ASSERT_TRUE(costs.contains(name)) << name << ": the verifier's log has no figure";
        ASSERT_TRUE(recorded().contains(name)) << name << ": record " << costs.at(name);
        RecordProperty(name, std::to_string(costs.at(name)));
        const std::uint64_t usual = recorded().at(name).of(GetParam());
        const std::uint64_t most = is_recorded_kernel() ? usual * 3 / 2 : kKernelLimit / 2;
        EXPECT_LE(costs.at(name), most) << name;
        EXPECT_LE(costs.at(name), kKernelLimit / 2) << name;
    }
    EXPECT_EQ(costs.size(), recorded().size()) << "a program is recorded that is no more";
}

INSTANTIATE_TEST_SUITE_P(Forms, VerifierCostTest, testing::Values(Loops::kIterators, Loops::kPlain),
                         [](const testing::TestParamInfo<Loops>& info) {
                             return info.param == Loops::kIterators ? "Iterators" : "Plain";
                         });

}  // namespace
}  // namespace flowtap::verifier_cost_test
