// SPDX-License-Identifier: Apache-2.0
#include "attach/kernel/bpf_object.h"

#include <bpf/bpf.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstdarg>
#include <numeric>

#include "attach/kernel/bpf_programs.h"
#include "attach/kernel/hardware_watch.h"
#include "attach/kernel/open_table.h"
#include "attach/kernel/pid_namespace.h"
#include "attach/kernel/ring_reader.h"
#include "attach/kernel/table_walk.h"
#include "attach/kernel/time_namespace.h"
#include "attach/kernel/uprobe_multi.h"
#include "base/fd.h"
#include "base/memory_limit.h"
#include "base/open_files.h"
#include "base/thread.h"
#include "flowtap_bpf.skel.h"
#include "privilege/capability.h"

namespace flowtap {
namespace {

int print_nothing(libbpf_print_level, const char*, va_list) { return 0; }

// Before Linux 5.11 tables count as locked memory (commit d5299b67dd59).
constexpr const char* kRefusedAllTheSame =
    "before Linux 5.11 this requires CAP_SYS_RESOURCE or an unlimited RLIMIT_MEMLOCK; otherwise a seccomp "
    "profile or the kernel's lockdown forbids bpf()";

constexpr const char* kPrograms = "BPF programs into the kernel";

Error load_error(const char* operation, const char* subject, int error) {
    Error result = errno_error(operation, subject, error);
    result.kind = Error::Kind::kEnvironment;
    if (error == EPERM || error == EACCES) {
        result.remedy = remedy_for_lack_of({kCapBpf, kCapPerfmon});
        if (result.remedy.empty()) result.remedy = kRefusedAllTheSame;
    } else if (error == EMFILE) {
        result.remedy = kRaiseOpenFiles;
    } else if (error == ENOMEM) {
        result.remedy = kAllowMemory;
    } else {
        result.remedy = "use Linux 5.10 or newer, with BTF in /sys/kernel/btf/vmlinux";
    }
    return result;
}

// Marks all programs for uprobe_multi links, except those for return probes, which few profiles use.
void expect_many(flowtap_bpf& skeleton) {
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, skeleton.obj) {
        if (bpf_program__type(program) != BPF_PROG_TYPE_KPROBE || program == skeleton.progs.native_return)
            continue;
        bpf_program__set_expected_attach_type(program, static_cast<bpf_attach_type>(kTraceUprobeMulti));
    }
}

}  // namespace

// Whether programs can read the cookie of their probe: a kernel without cookies refuses to load such a
// program.
bool kernel_has_cookies(bool links_many) {
    constexpr std::array<bpf_insn, 2> kReturnCookie = {{
        {BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_get_attach_cookie},
        {BPF_JMP | BPF_EXIT, 0, 0, 0, 0},
    }};
    LIBBPF_OPTS(bpf_prog_load_opts, options);
    if (links_many) options.expected_attach_type = static_cast<bpf_attach_type>(kTraceUprobeMulti);
    const Fd program(bpf_prog_load(BPF_PROG_TYPE_KPROBE, nullptr, "Dual BSD/GPL", kReturnCookie.data(),
                                   kReturnCookie.size(), &options));
    return static_cast<bool>(program);
}

// The fill level at which the kernel wakes the reader. Below it, the daemon's timer drains the buffer.
std::uint64_t wakeup_bytes(std::uint32_t ring_bytes) { return std::min(1u << 20, ring_bytes / 8); }

// Room for the ends of all executions that are open when the ring buffer is full, and of those that begin
// while it is drained.
std::uint32_t late_bytes(const BpfObject::Options& options) {
    constexpr std::uint64_t kHeader = BPF_RINGBUF_HDR_SZ;
    const std::uint64_t begun = options.ring_bytes / (sizeof(ft_begin) + kHeader);
    const std::uint64_t bytes = (options.open_executions + begun) * (sizeof(ft_end) + kHeader);
    const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    return static_cast<std::uint32_t>(std::bit_ceil(std::max(bytes, page)));
}

// Members are destroyed in reverse order: links before their programs.
struct BpfObject::State {
    Programs skeleton;
    Handlers handlers;
    std::vector<PerfLink> links;
    PerfLink iterator;
    bool links_many = false;
    bool has_cookies = false;
    std::optional<RingReader> events;
    std::optional<RingReader> late_ends;
    std::optional<RingReader> starts;
    Fd wakes;  // readable when the kernel has a record in any of the ring buffers

    bool read_late_ends();
    void forget_count(std::span<const std::byte> target) const;
    Result<void> open_rings();
    Result<void> open_ring(std::optional<RingReader>& ring, const bpf_map* map);
};

BpfObject::BpfObject(std::unique_ptr<State> state) : state_(std::move(state)) {}
BpfObject::BpfObject(BpfObject&&) noexcept = default;
BpfObject& BpfObject::operator=(BpfObject&&) noexcept = default;
BpfObject::~BpfObject() = default;

Result<void> BpfObject::State::open_ring(std::optional<RingReader>& ring, const bpf_map* map) {
    const int fd = bpf_map__fd(map);
    Result<RingReader> opened = RingReader::open(fd, bpf_map__max_entries(map));
    if (!opened) return opened.error();
    ring.emplace(std::move(*opened));
    epoll_event event = {};
    event.events = EPOLLIN;
    if (::epoll_ctl(wakes.get(), EPOLL_CTL_ADD, fd, &event) != 0)
        return errno_error("wait for BPF ring buffer", bpf_map__name(map), errno);
    return {};
}

Result<void> BpfObject::State::open_rings() {
    wakes = Fd(::epoll_create1(EPOLL_CLOEXEC));
    if (!wakes) {
        const int error = errno;
        Error failure = errno_error("wait for", "BPF ring buffers", error);
        if (error == EMFILE || error == ENFILE) failure.remedy = kRaiseOpenFiles;
        return failure;
    }
    Result<void> done = open_ring(events, skeleton->maps.events);
    if (done) done = open_ring(late_ends, skeleton->maps.late_ends);
    if (done) done = open_ring(starts, skeleton->maps.starts);
    return done;
}

namespace {

// Lib/enum.py: the attribute in which a member keeps its value.
bool name_enum_value(const bpf_map& names) {
    const __u32 key = FT_ENUM_VALUE;
    constexpr ft_name kValue = {.text = "_value_", .length = 7, .pad = 0};
    return bpf_map_update_elem(bpf_map__fd(&names), &key, &kValue, BPF_ANY) == 0;
}

// Before they are loaded.
void configure(flowtap_bpf& skeleton, const BpfObject::Options& options, bool has_cookies) {
    skeleton.rodata->wakeup_bytes = wakeup_bytes(options.ring_bytes);
    skeleton.rodata->most_open_of_target = static_cast<__s32>(most_open_of_process(options.open_executions));
    skeleton.rodata->has_cookies = has_cookies;
    bpf_map__set_max_entries(skeleton.maps.events, options.ring_bytes);
    bpf_map__set_max_entries(skeleton.maps.late_ends, late_bytes(options));
    bpf_map__set_max_entries(skeleton.maps.open, options.open_executions);
    if (options.links_many) expect_many(skeleton);
}

Result<Programs> load_programs(const BpfObject::Options& options, bool has_cookies) {
    int error = 0;
    for (const Loops loops : {Loops::kIterators, Loops::kPlain}) {
        // Iterators are little older than links of many uprobes: without these, trying them would mostly be
        // in vain, and make all tables twice.
        if (loops == Loops::kIterators && !options.links_many) continue;
        Programs programs = open_programs(loops);
        if (!programs) return load_error("load", kPrograms, errno);
        configure(*programs, options, has_cookies);
        error = flowtap_bpf::load(programs.get());
        if (error == 0) return programs;
    }
    return load_error("load", kPrograms, -error);
}

}  // namespace

Result<BpfObject> BpfObject::load(const Options& options, Handlers handlers) {
    if (Result<void> same = check_pid_namespace(); !same) return same.error();
    if (Result<void> same = check_time_namespace(); !same) return same.error();
    libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
    libbpf_set_print(print_nothing);
    auto state = std::make_unique<State>();
    state->handlers = std::move(handlers);
    state->links_many = options.links_many;
    state->has_cookies = kernel_has_cookies(state->links_many);
    Result<Programs> loaded = load_programs(options, state->has_cookies);
    if (!loaded) return loaded.error();
    state->skeleton = std::move(*loaded);
    flowtap_bpf& skeleton = *state->skeleton;
    if (!name_enum_value(*skeleton.maps.names)) return load_error("load", kPrograms, errno);

    for (bpf_program* program :
         {skeleton.progs.process_exit, skeleton.progs.process_exec, skeleton.progs.process_fork}) {
        PerfLink link(bpf_program__attach(program));
        if (!link) return load_error("attach", "to the tracepoints of processes", errno);
        state->links.push_back(std::move(link));
    }
    state->iterator.reset(bpf_program__attach_iter(skeleton.progs.code_pages, nullptr));
    if (!state->iterator) return load_error("attach", "to the iterator of processes", errno);
    if (Result<void> done = state->open_rings(); !done) return done.error();
    return BpfObject(std::move(state));
}

bpf_program* BpfObject::program(Program program) const {
    return bpf_object__find_program_by_name(state_->skeleton->obj, program_name(program));
}

bool BpfObject::links_many(Program program) const {
    return state_->links_many && info_of(program).runs == ProgramInfo::Runs::kAtUprobe;
}

// Tries on a thread without the capability, and joins it at once. If no thread can be started, the capability
// is kept. Attaches to a directory, which cannot have probes: the kernel checks that last.
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
        case Table::kNumbered:
            return maps.numbered;
        case Table::kLayouts:
            return maps.layouts;
        case Table::kLandings:
            return maps.landings;
        case Table::kWatches:
            return maps.watches;
        case Table::kReads:
            return maps.reads;
        case Table::kCodes:
            return maps.codes;
        case Table::kPaths:
            return maps.paths;
        case Table::kOutcomes:
            return maps.outcomes;
        case Table::kNames:
            return maps.names;
    }
    return nullptr;
}

bool BpfObject::has_seen(std::uint32_t tgid, std::uint64_t code) const {
    const ft_code_key key{code, tgid, 0};
    ft_code value = {};
    return bpf_map_lookup_elem(bpf_map__fd(map(Table::kCodes)), &key, &value) == 0 && value.seen != 0;
}

int BpfObject::put(Table table, std::span<const std::byte> key, std::span<const std::byte> value) {
    return bpf_map_update_elem(bpf_map__fd(map(table)), key.data(), value.data(), BPF_ANY) == 0 ? 0 : errno;
}

void BpfObject::erase(Table table, std::span<const std::byte> key) {
    const bpf_map* erased = map(table);
    if (bpf_map__type(erased) != BPF_MAP_TYPE_ARRAY) {
        bpf_map_delete_elem(bpf_map__fd(erased), key.data());
        return;
    }
    const std::vector<std::byte> zeroes(bpf_map__value_size(erased));
    bpf_map_update_elem(bpf_map__fd(erased), key.data(), zeroes.data(), BPF_ANY);
    if (table == Table::kLayouts) state_->forget_count(key);
}

// The number will be reused, so its count of open executions is removed.
void BpfObject::State::forget_count(std::span<const std::byte> target) const {
    std::uint32_t number = 0;
    std::memcpy(&number, target.data(), std::min(target.size(), sizeof(number)));
    if (number < FT_MAX_TARGETS)
        __atomic_store_n(&skeleton->bss->open_of_target[number], 0, __ATOMIC_RELAXED);
}

std::uint64_t BpfObject::hits(std::uint32_t number) const {
    static const int cpus = libbpf_num_possible_cpus();
    std::vector<std::uint64_t> values(static_cast<std::size_t>(cpus));
    if (bpf_map_lookup_elem(bpf_map__fd(state_->skeleton->maps.hits), &number, values.data()) != 0) return 0;
    return std::accumulate(values.begin(), values.end(), std::uint64_t{0});
}

// Ends need not be collected: nothing is reported about the process from now on.
void BpfObject::forget_executions(std::uint32_t tgid) {
    const auto& maps = state_->skeleton->maps;
    const auto of_process = [tgid](const ft_open_key& key) { return key.tgid == tgid; };
    erase_keys<ft_open_key, ft_open>(bpf_map__fd(maps.open), bpf_map__max_entries(maps.open), of_process);
    erase_keys<ft_open_key, ft_clock>(bpf_map__fd(maps.clocks), bpf_map__max_entries(maps.clocks),
                                      of_process);
    erase_keys<ft_open_key, ft_levels>(bpf_map__fd(maps.contexts), bpf_map__max_entries(maps.contexts),
                                       of_process);
    // The key is a thread: pid_tgid.
    erase_keys<__u64, ft_drives>(bpf_map__fd(maps.drives), bpf_map__max_entries(maps.drives),
                                 [tgid](__u64 thread) { return thread >> 32 == tgid; });
}

int BpfObject::open(const std::string& path, Fd& file) {
    file = Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    return file ? 0 : errno;
}

int BpfObject::link(Program program, pid_t pid, const std::string& file, std::span<const Place> places,
                    std::vector<Link>& made) {
    if (links_many(program)) {
        std::vector<std::uint64_t> offsets;
        std::vector<std::uint64_t> semaphores;
        std::vector<std::uint64_t> cookies;
        for (const Place& place : places) {
            offsets.push_back(place.offset);
            semaphores.push_back(place.semaphore);
            cookies.push_back(place.cookie);
        }
        Fd link =
            link_uprobes(bpf_program__fd(this->program(program)), file, offsets, semaphores, pid, cookies);
        if (!link) return errno;
        made.emplace_back(std::move(link));
        return 0;
    }
    for (const Place& place : places) {
        LIBBPF_OPTS(bpf_uprobe_opts, options);
        options.ref_ctr_offset = place.semaphore;
        options.retprobe = program == Program::kNativeReturn;
        if (state_->has_cookies) options.bpf_cookie = place.cookie;
        PerfLink link(bpf_program__attach_uprobe_opts(this->program(program), pid, file.c_str(), place.offset,
                                                      &options));
        if (!link) return errno;
        made.emplace_back(std::move(link));
    }
    return 0;
}

Result<std::vector<Fd>> BpfObject::watch(pid_t pid, std::uint64_t address, Program program) {
    const WatchFor wanted = program == Program::kPythonWatchEnd ? WatchFor::kWrites : WatchFor::kAccesses;
    return watch_memory(pid, address, wanted, bpf_program__fd(this->program(program)));
}

bool BpfObject::erase_open(const ft_open_key& key, std::uint64_t begin_ns) {
    auto* words = state_->skeleton->bss;
    KernelOpenTable table(bpf_map__fd(state_->skeleton->maps.open),
                          {reinterpret_cast<std::uint64_t*>(&words->erasing_key), &words->erasing_tgid,
                           &words->erasing_missed, &words->exchanges_begun, &words->exchanges_done});
    const ErasedOpen erased = erase_open_entry(table, key, begin_ns);
    // Probes change this count as well.
    if (erased.gone && erased.gone->target < FT_MAX_TARGETS)
        __atomic_fetch_sub(&words->open_of_target[erased.gone->target], 1, __ATOMIC_RELAXED);
    return !erased.in_doubt;
}

int BpfObject::event_fd() const { return state_->wakes.get(); }

// Returns false if a record is still being written: those after it are unknown.
bool BpfObject::State::read_late_ends() {
    std::vector<ft_end> late;
    const std::uint64_t until = late_ends->produced();
    late_ends->read_until(until, [&](std::span<const std::byte> record) {
        late.emplace_back();
        std::memcpy(&late.back(), record.data(), std::min(record.size(), sizeof(ft_end)));
    });
    const std::uint64_t begin_before = events->produced();
    for (const ft_end& end : late) handlers.late_end(bytes_of(end), begin_before);
    return late_ends->consumed() >= until;
}

// Late ends are read after the records before `until` were reserved, so a late end is known before any record
// that followed it on its thread or with its key.
std::size_t BpfObject::drain() {
    const std::uint64_t until = state_->events->produced();
    const bool all_late = state_->read_late_ends();
    const std::size_t count = all_late ? state_->events->read_until(until, state_->handlers.event) : 0;
    state_->starts->read_until(state_->starts->produced(), [this](std::span<const std::byte> record) {
        ft_start start = {};
        if (record.size() != sizeof start) return;
        std::memcpy(&start, record.data(), sizeof start);
        state_->handlers.start(start);
    });
    return count;
}

// Every array has an element 0, so looking it up must succeed.
Result<void> BpfObject::check() const {
    const __u32 key = 0;
    ft_name value = {};
    if (bpf_map_lookup_elem(bpf_map__fd(state_->skeleton->maps.names), &key, &value) == 0) return {};
    Error error = errno_error("read BPF table", "names", errno);
    error.remedy = "restart flowtap";
    return error;
}

std::uint64_t BpfObject::drained() const { return state_->events->consumed(); }

std::size_t BpfObject::ring_bytes() const { return state_->events->size(); }

std::uint64_t BpfObject::ring_bytes_waiting() const {
    return state_->events->produced() - state_->events->consumed();
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
        sum.lost_open_share += one.lost_open_share;
        sum.lost_late_full += one.lost_late_full;
        sum.unreadable += one.unreadable;
        sum.no_thread_state += one.no_thread_state;
    }
    return sum;
}

std::uint32_t BpfObject::most_open() const { return bpf_map__max_entries(state_->skeleton->maps.open); }

void BpfObject::for_each_open(const std::function<void(const OpenEntry&)>& visit) const {
    for_each_entry<ft_open_key, ft_open>(bpf_map__fd(state_->skeleton->maps.open), most_open(),
                                         [&](const ft_open_key& key, const ft_open& value) {
                                             visit({key, value});
                                         });
}

}  // namespace flowtap
