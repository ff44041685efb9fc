// SPDX-License-Identifier: Apache-2.0
#include "attach/bpf_object.h"

#include <bpf/bpf.h>

#include <array>
#include <cerrno>
#include <cstdarg>

#include "attach/pid_namespace.h"
#include "attach/uprobe_multi.h"
#include "base/thread.h"
#include "flowtap_bpf.skel.h"
#include "privilege/capability.h"

namespace flowtap {
namespace {

using Skeleton = std::unique_ptr<flowtap_bpf, Closes<flowtap_bpf::destroy>>;
using RingBuffer = std::unique_ptr<ring_buffer, Closes<ring_buffer__free>>;

int print_nothing(libbpf_print_level, const char*, va_list) { return 0; }

// Before Linux 5.11 tables count as locked memory (commit d5299b67dd59).
constexpr const char* kRefusedAllTheSame =
    "before Linux 5.11 it takes CAP_SYS_RESOURCE or an unlimited RLIMIT_MEMLOCK; else a seccomp profile or "
    "the "
    "kernel's lockdown forbids bpf()";

Error load_error(const char* what, int error) {
    Error result = errno_error(what, "into the kernel", error);
    result.kind = Error::Kind::kEnvironment;
    if (error == EPERM || error == EACCES) {
        result.remedy = remedy_for_lack_of({kCapBpf, kCapPerfmon});
        if (result.remedy.empty()) result.remedy = kRefusedAllTheSame;
    } else {
        result.remedy = "needs Linux 5.10 or newer with BTF in /sys/kernel/btf/vmlinux";
    }
    return result;
}

// All but the kernel's return probes, which few ask for.
void expect_many(flowtap_bpf& skeleton) {
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, skeleton.obj) {
        if (bpf_program__type(program) != BPF_PROG_TYPE_KPROBE || program == skeleton.progs.native_return)
            continue;
        bpf_program__set_expected_attach_type(program, static_cast<bpf_attach_type>(kTraceUprobeMulti));
    }
}

}  // namespace

// Order matters: the ring buffer is freed before the maps it reads, the links before their programs.
struct BpfObject::State {
    Skeleton skeleton;
    EventHandler on_event;
    StartHandler on_start;
    std::vector<PerfLink> links;
    PerfLink iterator;
    bool links_many = false;
    int drain_error = 0;
    RingBuffer ring;

    static int take_event(void* state, void* data, std::size_t size) {
        static_cast<State*>(state)->on_event({static_cast<const std::byte*>(data), size});
        return 0;
    }
    static int take_start(void* state, void* data, std::size_t size) {
        if (size == sizeof(ft_start))
            static_cast<State*>(state)->on_start(*static_cast<const ft_start*>(data));
        return 0;
    }
};

BpfObject::BpfObject(std::unique_ptr<State> state) : state_(std::move(state)) {}
BpfObject::BpfObject(BpfObject&&) noexcept = default;
BpfObject& BpfObject::operator=(BpfObject&&) noexcept = default;
BpfObject::~BpfObject() = default;

Result<BpfObject> BpfObject::load(const Options& options, EventHandler on_event, StartHandler on_start) {
    if (Result<void> same = check_pid_namespace(); !same) return same.error();
    libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
    libbpf_set_print(print_nothing);
    auto state = std::make_unique<State>();
    state->on_event = std::move(on_event);
    state->on_start = std::move(on_start);
    state->skeleton.reset(flowtap_bpf::open());
    if (!state->skeleton) return load_error("open BPF object", errno);
    flowtap_bpf& skeleton = *state->skeleton;
    skeleton.rodata->wakeup_bytes = options.wakeup_bytes;
    bpf_map__set_max_entries(skeleton.maps.events, options.ring_bytes);
    bpf_map__set_max_entries(skeleton.maps.open, options.open_executions);
    state->links_many = kernel_links_many_uprobes();
    if (state->links_many) expect_many(skeleton);
    if (const int error = flowtap_bpf::load(&skeleton)) return load_error("load BPF programs", -error);

    for (bpf_program* program :
         {skeleton.progs.process_exit, skeleton.progs.process_exec, skeleton.progs.process_fork}) {
        PerfLink link(bpf_program__attach(program));
        if (!link) return load_error("attach process tracepoints", errno);
        state->links.push_back(std::move(link));
    }
    state->iterator.reset(bpf_program__attach_iter(skeleton.progs.code_pages, nullptr));
    if (!state->iterator) return load_error("attach the iterator of processes", errno);
    state->ring.reset(
        ring_buffer__new(bpf_map__fd(skeleton.maps.events), State::take_event, state.get(), nullptr));
    if (!state->ring) return load_error("open BPF ring buffer", errno);
    if (const int error = ring_buffer__add(state->ring.get(), bpf_map__fd(skeleton.maps.starts),
                                           State::take_start, state.get()))
        return load_error("open BPF ring buffer", -error);
    return BpfObject(std::move(state));
}

bpf_program* BpfObject::program(Program program) const {
    const auto& programs = state_->skeleton->progs;
    switch (program) {
        case Program::kNativeEntry:
            return programs.native_entry;
        case Program::kNativeExit:
            return programs.native_exit;
        case Program::kKeyedEntry:
            return programs.keyed_entry;
        case Program::kKeyedExit:
            return programs.keyed_exit;
        case Program::kMarkerBegin:
            return programs.marker_begin;
        case Program::kMarkerEnd:
            return programs.marker_end;
        case Program::kMarkerDone:
            return programs.marker_done;
        case Program::kNativeReturn:
            return programs.native_return;
        case Program::kNativeLanding:
            return programs.native_landing;
        case Program::kPythonStepEntry:
            return programs.python_step_entry;
        case Program::kPythonStepExit:
            return programs.python_step_exit;
        case Program::kPythonCallEntry:
            return programs.python_call_entry;
        case Program::kPythonCallExit:
            return programs.python_call_exit;
        case Program::kPythonBirth:
            return programs.python_birth;
        case Program::kPythonCompletion:
            return programs.python_completion;
        case Program::kPythonDeath:
            return programs.python_death;
        case Program::kPythonVariableSet:
            return programs.python_variable_set;
        case Program::kPythonVariableReset:
            return programs.python_variable_reset;
        case Program::kPythonRaised:
            return programs.python_raised;
        case Program::kPythonDriveEntry:
            return programs.python_drive_entry;
        case Program::kPythonDriveExit:
            return programs.python_drive_exit;
        case Program::kPythonTraceback:
            return programs.python_traceback;
        case Program::kPythonWatchBegin:
            return programs.python_watch_begin;
        case Program::kPythonWatchEnd:
            return programs.python_watch_end;
    }
    return nullptr;
}

bool BpfObject::links_many(Program program) const {
    return state_->links_many && program != Program::kNativeReturn;
}

// Tried by a thread that goes without, whose end is waited for at once; where none can be started, the
// capability is kept. A directory takes no probe, which the kernel says last.
bool BpfObject::needs_cap_bpf() const {
    if (!state_->links_many) return true;
    bool works = false;
    (void)start_thread("tries links", [&](const std::stop_token&) {
        suspend(kCapBpf);
        constexpr std::array<std::uint64_t, 1> kOffset = {1};
        constexpr std::array<std::uint64_t, 1> kNoSemaphore = {0};
        const int program = bpf_program__fd(state_->skeleton->progs.native_entry);
        const bool links = !link_uprobes(program, "/", kOffset, kNoSemaphore, 0) && errno == EBADF;
        const __u32 key = 0;
        ft_name value = {};
        works = !holds(kCapBpf) && links &&
                bpf_map_lookup_elem(bpf_map__fd(state_->skeleton->maps.names), &key, &value) == 0;
    });
    return !works;
}

bpf_map* BpfObject::map(Table table) const {
    const auto& maps = state_->skeleton->maps;
    switch (table) {
        case Table::kTargets:
            return maps.targets;
        case Table::kSites:
            return maps.sites;
        case Table::kLandings:
            return maps.landings;
        case Table::kWatches:
            return maps.watches;
        case Table::kReads:
            return maps.reads;
        case Table::kCodes:
            return maps.codes;
        case Table::kOpen:
            return maps.open;
        case Table::kNames:
            return maps.names;
    }
    return nullptr;
}

Result<void> BpfObject::put(Table table, std::span<const std::byte> key, std::span<const std::byte> value) {
    bpf_map* target = map(table);
    if (bpf_map_update_elem(bpf_map__fd(target), key.data(), value.data(), BPF_ANY) != 0)
        return errno_error("write BPF table", bpf_map__name(target), errno);
    return {};
}

void BpfObject::erase(Table table, std::span<const std::byte> key) {
    bpf_map_delete_elem(bpf_map__fd(map(table)), key.data());
}

void BpfObject::erase_open(const ft_open_key& key, std::uint64_t begin_ns) {
    const int fd = bpf_map__fd(state_->skeleton->maps.open);
    ft_open value = {};
    if (bpf_map_lookup_elem(fd, &key, &value) == 0 && value.begin_ns == begin_ns)
        bpf_map_delete_elem(fd, &key);
}

int BpfObject::event_fd() const { return ring_buffer__epoll_fd(state_->ring.get()); }

std::size_t BpfObject::drain() {
    const int count = ring_buffer__consume(state_->ring.get());
    state_->drain_error = count < 0 ? -count : 0;
    return count < 0 ? 0 : static_cast<std::size_t>(count);
}

// Every array has an element 0.
Result<void> BpfObject::check() const {
    if (state_->drain_error != 0) return errno_error("take events from", "ring buffer", state_->drain_error);
    const __u32 key = 0;
    ft_name value = {};
    if (bpf_map_lookup_elem(bpf_map__fd(state_->skeleton->maps.names), &key, &value) == 0) return {};
    return errno_error("read BPF table", "names", errno);
}

std::uint64_t BpfObject::deferred_ends() const {
    return *const_cast<const volatile __u64*>(&state_->skeleton->bss->deferred_ends);
}

void BpfObject::watch_starts(bool all) { state_->skeleton->bss->watch_starts = all; }

std::uint64_t BpfObject::starts_lost() const {
    return *const_cast<const volatile __u64*>(&state_->skeleton->bss->starts_lost);
}

CodePages BpfObject::code_pages() const { return read_code_pages(bpf_link__fd(state_->iterator.get())); }

ft_counters BpfObject::counters(std::uint32_t probe) const {
    static const int cpus = libbpf_num_possible_cpus();
    std::vector<ft_counters> values(static_cast<std::size_t>(cpus));
    ft_counters sum = {};
    if (bpf_map_lookup_elem(bpf_map__fd(state_->skeleton->maps.counters), &probe, values.data()) != 0)
        return sum;
    for (const ft_counters& one : values) {
        sum.hits += one.hits;
        sum.events += one.events;
        sum.lost_ring_full += one.lost_ring_full;
        sum.lost_open_full += one.lost_open_full;
        sum.deferred += one.deferred;
        sum.lost_overwritten += one.lost_overwritten;
        sum.unreadable += one.unreadable;
        sum.no_thread_state += one.no_thread_state;
    }
    return sum;
}

std::vector<BpfObject::OpenEntry> BpfObject::open_entries(
    const std::function<bool(const OpenEntry&)>& wanted) const {
    std::vector<OpenEntry> found;
    const int fd = bpf_map__fd(state_->skeleton->maps.open);
    const std::uint32_t limit = bpf_map__max_entries(state_->skeleton->maps.open);
    OpenEntry entry = {};
    const void* previous = nullptr;
    // Executions come and go meanwhile, so a walk may restart; it is bounded by the table's size.
    for (std::uint32_t i = 0; i < limit && bpf_map_get_next_key(fd, previous, &entry.key) == 0; i++) {
        if (bpf_map_lookup_elem(fd, &entry.key, &entry.value) == 0 && wanted(entry)) found.push_back(entry);
        previous = &entry.key;
    }
    return found;
}

}  // namespace flowtap
