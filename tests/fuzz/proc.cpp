// SPDX-License-Identifier: Apache-2.0
// What /proc says of a process, parts of which the process writes itself.
#include <array>
#include <filesystem>
#include <fstream>

#include "input.h"
#include "process/cgroup_path.h"
#include "process/proc_maps.h"
#include "process/proc_stat.h"
#include "process/process_facts.h"
#include "process/thread_stack.h"
#include "process/whereabouts.h"

using namespace flowtap;

namespace {

constexpr pid_t kPid = 7;
// In an input, each stands before this.
constexpr std::array kFiles = {"stat", "status", "cgroup", "maps", "cmdline", "environ"};
constexpr std::string_view kNextFile = "\n--\n";

// A directory as /proc is, with one process.
class ProcDirectory {
public:
    ProcDirectory()
        : root_(std::filesystem::temp_directory_path() / ("flowtap-fuzz-" + std::to_string(::getpid()))) {
        std::filesystem::create_directories(process_);
        std::filesystem::create_symlink("/proc/self/exe", process_ / "exe");
    }
    ProcDirectory(const ProcDirectory&) = delete;
    ProcDirectory& operator=(const ProcDirectory&) = delete;
    ~ProcDirectory() { std::filesystem::remove_all(root_); }

    [[nodiscard]] std::string path() const { return root_; }
    void write(std::string_view text) const {
        for (const char* file : kFiles) {
            const std::size_t end = std::min(text.find(kNextFile), text.size());
            std::ofstream(process_ / file) << text.substr(0, end);
            text.remove_prefix(std::min(end + kNextFile.size(), text.size()));
        }
    }

private:
    std::filesystem::path root_;
    std::filesystem::path process_ = root_ / std::to_string(kPid);
};

bool is_hexadecimal(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == '-'; }

void parse(std::string_view text) {
    (void)parse_mapping(text);
    (void)parse_file_mappings(text);
    (void)parse_proc_stat(text);
    (void)as_name(text);
    for (const bool first : {false, true}) {
        const auto stack = own_stack(text, {0x7f0000000000, first}, 0x7ffff0000000);
        if (stack) fuzz::require(stack->hold(0x7ffff0000000, 0x7ffff0000000));
    }
    const CgroupNames names = parse_cgroup(text);
    fuzz::require(std::all_of(names.pod_uid.begin(), names.pod_uid.end(), is_hexadecimal));
    fuzz::require(std::all_of(names.container.begin(), names.container.end(), is_hexadecimal));
}

void read(const std::string& proc_root) {
    if (const Result<ProcessFacts> facts = read_process_facts(kPid, proc_root)) {
        fuzz::require(facts->pid == kPid && !facts->kernel_thread);
        (void)code_mappings(*facts);
        fuzz::require(!has_ended(kPid, facts->start_ticks, proc_root));
    }
    const Whereabouts found = read_whereabouts(kPid, "node", proc_root);
    fuzz::require(as_name(found.pod) == found.pod && as_name(found.pod_namespace) == found.pod_namespace);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const ProcDirectory proc;
    const std::string_view text = fuzz::text_of(data, size);
    parse(text);
    proc.write(text);
    read(proc.path());
    return 0;
}
