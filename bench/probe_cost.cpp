// SPDX-License-Identifier: Apache-2.0
// The CPU time that one hit of a uprobe costs its process, by the kind of instruction, and by the number of
// other processes with a uprobe at the same instruction. The program attaches an empty BPF program to its own
// functions. Prints medians of interleaved rounds as Markdown tables.
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include "attach/kernel/uprobe_multi.h"
#include "base/fd.h"

// The probe is on the instruction at each symbol.
asm(R"(
    .text
    .globl probe_on_nop, probe_on_push, probe_on_mov, probe_on_endbr64
probe_on_nop:     nop;                ret
probe_on_push:    push %rbp; pop %rbp; ret
probe_on_mov:     mov %rdi, %rax;     ret
probe_on_endbr64: .byte 0xf3, 0x0f, 0x1e, 0xfa; ret
)");
extern "C" void probe_on_nop();
extern "C" void probe_on_push();
extern "C" void probe_on_mov();
extern "C" void probe_on_endbr64();

namespace flowtap {
namespace {

struct Place {
    const char* name;
    void (*function)();
};
constexpr std::array<Place, 4> kPlaces{{{"nop (emulated)", probe_on_nop},
                                        {"push (emulated)", probe_on_push},
                                        {"mov (single-stepped)", probe_on_mov},
                                        {"endbr64 (single-stepped)", probe_on_endbr64}}};

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

// Offset in this program's file of the code at `address`.
std::uint64_t file_offset(std::uint64_t address) {
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
        unsigned long start = 0, end = 0, offset = 0;
        if (std::sscanf(line.c_str(), "%lx-%lx %*s %lx", &start, &end, &offset) == 3 && start <= address &&
            address < end)
            return address - start + offset;
    }
    throw std::runtime_error("the probed function is in no mapping");
}

Fd empty_program(int attach_type = 0) {
    const std::array<bpf_insn, 2> code{
        {{BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0}, {BPF_JMP | BPF_EXIT, 0, 0, 0, 0}}};
    LIBBPF_OPTS(bpf_prog_load_opts, options,
                .expected_attach_type = static_cast<bpf_attach_type>(attach_type));
    Fd program(bpf_prog_load(BPF_PROG_TYPE_KPROBE, "empty", "GPL", code.data(), code.size(), &options));
    if (program.get() < 0) fail("load an empty BPF program");
    return program;
}

Fd attach(const Fd& program, std::uint64_t offset, pid_t pid) {
    perf_event_attr attributes{};
    attributes.size = sizeof(attributes);
    std::ifstream("/sys/bus/event_source/devices/uprobe/type") >> attributes.type;
    attributes.config1 = reinterpret_cast<std::uint64_t>("/proc/self/exe");
    attributes.config2 = offset;
    Fd event(
        static_cast<int>(::syscall(SYS_perf_event_open, &attributes, pid, -1, -1, PERF_FLAG_FD_CLOEXEC)));
    if (event.get() < 0) fail("open a uprobe event");
    if (::ioctl(event.get(), PERF_EVENT_IOC_SET_BPF, program.get()) != 0) fail("set the event's program");
    if (::ioctl(event.get(), PERF_EVENT_IOC_ENABLE, 0) != 0) fail("enable the event");
    return event;
}

double cpu_microseconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return 1e6 * static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

double microseconds_per_call(void (*function)(), int calls) {
    const double began = cpu_microseconds();
    for (int i = 0; i < calls; i++) function();
    return (cpu_microseconds() - began) / calls;
}

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

void measure(int rounds, int calls) {
    std::array<std::vector<double>, kPlaces.size()> bare;
    std::array<std::vector<double>, kPlaces.size()> probed;
    const Fd program = empty_program();
    for (int round = 0; round < rounds; round++) {
        for (std::size_t i = 0; i < kPlaces.size(); i++) {
            bare[i].push_back(microseconds_per_call(kPlaces[i].function, calls));
            const Fd event = attach(
                program, file_offset(reinterpret_cast<std::uint64_t>(kPlaces[i].function)), ::getpid());
            probed[i].push_back(microseconds_per_call(kPlaces[i].function, calls));
        }
    }
    std::puts("| a uprobe with an empty program, on | bare us | with it us |\n| --- | ---: | ---: |");
    for (std::size_t i = 0; i < kPlaces.size(); i++)
        std::printf("| %-34s | %7.3f | %10.3f |\n", kPlaces[i].name, median(bare[i]), median(probed[i]));
}

// A process that sleeps until it is killed.
class Waiter {
public:
    Waiter() : pid_(::fork()) {
        if (pid_ < 0) fail("start a process");
        if (pid_ == 0)
            for (;;) ::pause();
    }
    ~Waiter() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    Waiter(Waiter&&) = delete;
    [[nodiscard]] pid_t pid() const { return pid_; }

private:
    pid_t pid_;
};

// Attaches as flowtap does where the kernel has uprobe_multi links.
Fd link(const Fd& program, std::uint64_t offset, pid_t pid) {
    constexpr std::array<std::uint64_t, 1> kNoSemaphore{};
    Fd one = link_uprobes(program.get(), "/proc/self/exe", std::array{offset}, kNoSemaphore, pid);
    if (!one) fail("link a uprobe");
    return one;
}

// The kernel goes through the probes of all processes at an instruction: what each further one adds to a hit.
void measure_others(const char* how, const Fd& program, Fd (*place)(const Fd&, std::uint64_t, pid_t),
                    int rounds, int calls) {
    constexpr std::array<std::size_t, 4> kOthers{0, 16, 64, 256};
    std::array<std::vector<double>, kOthers.size()> probed;
    const std::uint64_t offset = file_offset(reinterpret_cast<std::uint64_t>(probe_on_push));
    const Waiter other;
    for (int round = 0; round < rounds; round++) {
        const Fd own = place(program, offset, ::getpid());
        std::vector<Fd> others;
        for (std::size_t i = 0; i < kOthers.size(); i++) {
            while (others.size() < kOthers[i]) others.push_back(place(program, offset, other.pid()));
            probed[i].push_back(microseconds_per_call(probe_on_push, calls));
        }
    }
    std::printf("\n| other processes with a probe there, by %s | us | ns more for each | to none |\n", how);
    std::puts("| ---: | ---: | ---: | ---: |");
    const double alone = median(probed[0]);
    for (std::size_t i = 0; i < kOthers.size(); i++) {
        const double more = median(probed[i]) - alone;
        const double each = kOthers[i] == 0 ? 0 : 1000 * more / static_cast<double>(kOthers[i]);
        std::printf("| %zu | %7.3f | %5.1f | %5.2f |\n", kOthers[i], median(probed[i]), each,
                    median(probed[i]) / alone);
    }
}

}  // namespace
}  // namespace flowtap

int main(int argc, char** argv) {
    const bool quick = argc > 1 && std::strcmp(argv[1], "--quick") == 0;
    try {
        flowtap::measure(quick ? 3 : 9, quick ? 2000 : 20000);
        flowtap::measure_others("perf events", flowtap::empty_program(), flowtap::attach, quick ? 2 : 5,
                                quick ? 2000 : 20000);
        flowtap::measure_others("links", flowtap::empty_program(flowtap::kTraceUprobeMulti), flowtap::link,
                                quick ? 2 : 5, quick ? 2000 : 20000);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "error: measure probes: %s\n", error.what());
        return 3;
    }
    return 0;
}
