// SPDX-License-Identifier: Apache-2.0
#include "attach/attacher.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <optional>

#include "attach/attach_error.h"
#include "attach/uprobe_multi.h"

namespace flowtap {
namespace {

using Table = BpfObject::Table;

__u8 encode(FailureRule rule) {
    switch (rule) {
        case FailureRule::kNever:
            return FT_FAILURE_NEVER;
        case FailureRule::kNonZero:
            return FT_FAILURE_NON_ZERO;
        case FailureRule::kZero:
            return FT_FAILURE_ZERO;
        case FailureRule::kNegative:
            return FT_FAILURE_NEGATIVE;
    }
    return FT_FAILURE_NEVER;
}

ft_place encode(const ValuePlace& place) {
    return {place.offset, place.addend, static_cast<__u8>(place.base), place.in_memory};
}

ft_landing encode(const PlannedLanding& landing, std::uint32_t probe) {
    return {probe, landing.is_jump, encode(landing.stack_pointer), encode(landing.exception)};
}

bool begins_executions(Program program) {
    return program == Program::kNativeEntry || program == Program::kKeyedEntry ||
           program == Program::kMarkerBegin || program == Program::kPythonStepEntry ||
           program == Program::kPythonCallEntry || program == Program::kPythonBirth ||
           program == Program::kPythonVariableSet || program == Program::kPythonDriveEntry;
}

std::optional<ProbePlace> place_of(const PlannedProbe& probe) {
    struct stat status = {};
    if (::stat(probe.file.c_str(), &status) != 0) return std::nullopt;
    return ProbePlace{status.st_dev, status.st_ino, probe.file_offset, probe.program};
}

// Another library may be loaded where one was unloaded.
bool same_probe(const PlannedProbe& one, const PlannedProbe& other) {
    return one.name == other.name && one.program == other.program && one.file_offset == other.file_offset;
}

}  // namespace

Attachment::~Attachment() {
    if (attacher_) attacher_->withdraw(*this);
}

void Attacher::withdraw(Attachment& attachment) {
    const auto tgid = static_cast<__u32>(attachment.pid_);
    bpf_.erase(Table::kTargets, bytes_of(tgid));
    for (const auto& [address, probe] : attachment.sites_) {
        bpf_.erase(Table::kSites, bytes_of(ft_site_key{address, tgid, 0}));
        bpf_.erase(Table::kLandings, bytes_of(ft_site_key{address, tgid, 0}));
    }
    for (const auto& [code, use] : attachment.codes_)
        bpf_.erase(Table::kCodes, bytes_of(ft_code_key{code, tgid, 0}));
    for (const auto& [address, events] : attachment.watches_)
        bpf_.erase(Table::kWatches, bytes_of(ft_site_key{address, tgid, 0}));
    forget_open(tgid);
    closer_.close(attachment.pid_, std::move(attachment.links_));
}

void Attacher::forget_open(std::uint32_t tgid) {
    std::vector<ft_open_key> keys;
    bpf_.for_each_open([&](const BpfObject::OpenEntry& entry) {
        if (entry.key.tgid == tgid) keys.push_back(entry.key);
    });
    for (const ft_open_key& key : keys) bpf_.erase(Table::kOpen, bytes_of(key));
}

std::uint32_t Attacher::point_number(const PlannedPoint& point) {
    // Two builds of an engine may number an enumeration differently: then they are two points.
    std::string key = point.profile + "/" + point.point.name + "/" + point.point.symbol;
    for (const EnumNames* names : {&point.workflow_names, &point.node_names}) {
        key += '\0';
        for (const auto& [number, name] : *names) key += std::to_string(number) + "=" + name + ",";
    }
    return points_.number_of(key);
}

Result<std::uint32_t> Attacher::name_number(const std::string& name) {
    const std::uint32_t number = names_.number_of(name);
    if (number < names_written_) return number;
    if (number >= FT_MAX_NAMES || name.size() >= FT_NAME_SIZE)
        return Error{"tell the kernel the name", name, "too long, or too many different names"};
    ft_name value = {};
    std::memcpy(value.text, name.data(), name.size());
    value.length = static_cast<__u32>(name.size());
    if (Result<void> done = bpf_.put(Table::kNames, bytes_of(number), bytes_of(value)); !done)
        return done.error();
    names_written_ = number + 1;
    return number;
}

Result<std::uint32_t> Attacher::reads_number(const ft_reads& reads) {
    const std::span<const std::byte> bytes = bytes_of(reads);
    const std::uint32_t number =
        reads_.number_of(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
    if (number < reads_written_) return number;
    if (number >= FT_MAX_READS) return Error{"tell the kernel what to read", "", "too many different reads"};
    if (Result<void> done = bpf_.put(Table::kReads, bytes_of(number), bytes); !done) return done.error();
    reads_written_ = number + 1;
    return number;
}

Result<ft_path> Attacher::encode(const PlannedPath& path) {
    ft_path encoded = {};
    encoded.slot = static_cast<__s16>(path.slot);
    encoded.attributes = static_cast<__u8>(std::min(path.attributes.size(), PythonPath::kMaxAttributes));
    for (std::size_t i = 0; i < encoded.attributes; i++) {
        Result<std::uint32_t> number = name_number(path.attributes[i]);
        if (!number) return number.error();
        encoded.names[i] = static_cast<__u16>(*number);
    }
    return encoded;
}

Result<void> Attacher::add_code(Attachment& attachment, const Plan& plan, const PlannedCode& code) {
    ft_code value = {};
    value.point = point_number(plan.points[code.point]);
    value.role = code.roles;
    value.object_slot = static_cast<__s16>(code.object_slot);
    value.token_slot = static_cast<__s16>(code.token_slot);
    value.interpreter = code.interpreter;
    for (auto [to, from] :
         {std::pair(&value.workflow_id, &code.workflow_id),
          std::pair(&value.workflow_name, &code.workflow_name), std::pair(&value.node_id, &code.node_id)}) {
        Result<ft_path> path = encode(*from);
        if (!path) return path.error();
        *to = *path;
    }
    const ft_code_key key{code.address, static_cast<__u32>(plan.pid), 0};
    Result<void> done = bpf_.put(Table::kCodes, bytes_of(key), bytes_of(value));
    if (done) attachment.codes_.insert_or_assign(code.address, CodeInUse{code.interpreter, code.roles});
    return done;
}

Result<void> Attacher::add_codes(Attachment& attachment, const Plan& plan) {
    for (const PlannedCode& code : plan.codes) {
        const auto known = attachment.codes_.find(code.address);
        if (known != attachment.codes_.end() && known->second == CodeInUse{code.interpreter, code.roles})
            continue;
        if (Result<void> done = add_code(attachment, plan, code); !done) return done;
    }
    return {};
}

void Attacher::forget_ended(Attachment& attachment, const Plan& plan) {
    std::erase_if(attachment.codes_, [&](const auto& one) {
        const auto& [code, use] = one;
        const auto& live = plan.interpreters;
        if (use.interpreter == 0 || std::ranges::find(live, use.interpreter) != live.end()) return false;
        bpf_.erase(Table::kCodes, bytes_of(ft_code_key{code, static_cast<__u32>(plan.pid), 0}));
        return true;
    });
}

Result<void> Attacher::add_site(Attachment& attachment, const Plan& plan, const PlannedProbe& probe) {
    ft_site value = {};
    value.probe = probes_.number_of(probe.name);
    value.point = FT_NO_POINT;
    value.stack_adjust = probe.stack_adjust;
    value.result = probe.result_register;
    value.object = probe.object_register;
    value.function = probe.function_register;
    value.unfinished = probe.unfinished;
    value.exit_flags = probe.exit_flags;
    value.runs_on = probe.runs_on;
    value.by_class = probe.by_class;
    if (probe.point) {
        const PlannedPoint& planned = plan.points[*probe.point];
        value.point = point_number(planned);
        value.failure = ::flowtap::encode(planned.point.failure);
        value.is_workflow = planned.point.kind == PointKind::kWorkflow;
    }
    if (probe.reads) {
        Result<std::uint32_t> number = reads_number(*probe.reads);
        if (!number) return number.error();
        value.reads = *number;
    }
    if (value.probe >= FT_MAX_PROBES) return Error{"count probe", probe.name, "too many different probes"};
    const ft_site_key key{probe.address, static_cast<__u32>(plan.pid), 0};
    Result<void> done = bpf_.put(Table::kSites, bytes_of(key), bytes_of(value));
    if (done) attachment.sites_.insert_or_assign(probe.address, probe);
    return done;
}

Result<void> Attacher::add_landing(Attachment& attachment, const PlannedProbe& probe) {
    const ft_landing value = ::flowtap::encode(*probe.landing, probes_.number_of(probe.name));
    if (value.probe >= FT_MAX_PROBES) return Error{"count probe", probe.name, "too many different probes"};
    const ft_site_key key{probe.address, static_cast<__u32>(attachment.pid_), 0};
    Result<void> done = bpf_.put(Table::kLandings, bytes_of(key), bytes_of(value));
    if (done) attachment.sites_.insert_or_assign(probe.address, probe);
    return done;
}

// One link for all of them where the kernel can; they have one program and one file.
Result<void> Attacher::add_link(Attachment& attachment, std::span<const PlannedProbe* const> probes) {
    const PlannedProbe& first = *probes.front();
    if (bpf_.links_many(first.program)) {
        std::vector<std::uint64_t> offsets;
        std::vector<std::uint64_t> semaphores;  // counted up in this process until the link is closed
        for (const PlannedProbe* probe : probes) {
            offsets.push_back(probe->file_offset);
            semaphores.push_back(probe->semaphore_offset);
        }
        const int program = bpf_program__fd(bpf_.program(first.program));
        Fd link = link_uprobes(program, first.file, offsets, semaphores, attachment.pid_);
        if (!link) return attach_error(first, attachment.pid_, errno);
        attachment.links_.emplace_back(std::move(link));
        return {};
    }
    for (const PlannedProbe* probe : probes) {
        LIBBPF_OPTS(bpf_uprobe_opts, options);
        options.ref_ctr_offset = probe->semaphore_offset;
        options.retprobe = probe->program == Program::kNativeReturn;
        PerfLink link(bpf_program__attach_uprobe_opts(bpf_.program(probe->program), attachment.pid_,
                                                      probe->file.c_str(), probe->file_offset, &options));
        if (!link) return perf_error(*probe, attachment.pid_, errno);
        attachment.links_.emplace_back(std::move(link));
    }
    return {};
}

Result<void> Attacher::add_links(Attachment& attachment, std::span<const PlannedProbe* const> probes) {
    std::map<std::pair<Program, std::string>, std::vector<const PlannedProbe*>> groups;
    for (const PlannedProbe* probe : probes) {
        const std::optional<ProbePlace> place = place_of(*probe);
        if (!place) return attach_error(*probe, attachment.pid_, errno);
        if (attachment.places_.insert(*place).second) groups[{probe->program, probe->file}].push_back(probe);
    }
    for (const auto& [key, group] : groups)
        if (Result<void> done = add_link(attachment, group); !done) return done;
    return {};
}

// The kernel goes through every process that maps the file when a probe is closed, and leaves it in those
// which another link is for (kernel/events/uprobes.c, uprobe_unregister_nosync()). These probes find no site.
void Attacher::restore_copy(pid_t pid, const Plan& plan) {
    Attachment attachment(*this, pid);
    std::vector<const PlannedProbe*> probes;
    for (const PlannedProbe& probe : plan.probes)
        if (bpf_.links_many(probe.program)) probes.push_back(&probe);
    // One that has ended needs nothing.
    (void)add_links(attachment, probes);
}

// Sites before links: a probe that fires must find its site. Exits before entries: no execution begins whose
// end could not be seen.
Result<void> Attacher::add_probes(Attachment& attachment, const Plan& plan) {
    std::vector<const PlannedProbe*> added;
    for (const PlannedProbe& probe : plan.probes) {
        const auto known = attachment.sites_.find(probe.address);
        if (known != attachment.sites_.end() && same_probe(known->second, probe)) continue;
        Result<void> done =
            probe.landing ? add_landing(attachment, probe) : add_site(attachment, plan, probe);
        if (!done) return done;
        added.push_back(&probe);
    }
    const auto entries = std::stable_partition(added.begin(), added.end(), [](const PlannedProbe* probe) {
        return !begins_executions(probe->program);
    });
    const auto exits = static_cast<std::size_t>(entries - added.begin());
    Result<void> done = add_links(attachment, std::span(added).first(exits));
    if (done) done = add_links(attachment, std::span(added).subspan(exits));
    return done;
}

Result<void> Attacher::extend(Attachment& attachment, const Plan& plan) {
    // What the programs look at depends on the points, too.
    const auto tgid = static_cast<__u32>(plan.pid);
    const ft_python python = plan.python.value_or(ft_python{});
    if (Result<void> done = bpf_.put(Table::kTargets, bytes_of(tgid), bytes_of(python)); !done) return done;
    forget_ended(attachment, plan);
    if (Result<void> done = add_codes(attachment, plan); !done) return done;
    if (Result<void> done = add_probes(attachment, plan); !done) return done;
    add_watches(attachment, plan);
    return {};
}

Result<Attachment> Attacher::attach(const Plan& plan) {
    const auto tgid = static_cast<__u32>(plan.pid);
    // After exec() the same process may have the same file at the same place: a probe left over would fire as
    // well, and one that was running while its attachment was withdrawn may have left an execution.
    closer_.wait_for(plan.pid);
    forget_open(tgid);
    Attachment attachment(*this, plan.pid);
    if (Result<void> done = extend(attachment, plan); !done) return done.error();
    return attachment;
}

}  // namespace flowtap
