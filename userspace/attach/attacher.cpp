// SPDX-License-Identifier: Apache-2.0
#include "attach/attacher.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace flowtap {
namespace {

using Table = BpfObject::Table;

ft_argument encode(const IdSource& source) {
    const auto* argument = std::get_if<NativeArgument>(&source);
    if (argument == nullptr) return {};
    ft_argument encoded = {};
    encoded.index = static_cast<__u8>(argument->index);
    switch (argument->type) {
        case NativeType::kCString:
            encoded.type = FT_ARGUMENT_CSTRING;
            break;
        case NativeType::kInt32:
            encoded.type = FT_ARGUMENT_INT32;
            break;
        case NativeType::kUint32:
            encoded.type = FT_ARGUMENT_UINT32;
            break;
        case NativeType::kInt64:
            encoded.type = FT_ARGUMENT_INT64;
            break;
        case NativeType::kUint64:
            encoded.type = FT_ARGUMENT_UINT64;
            break;
    }
    return encoded;
}

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

bool begins_executions(Program program) {
    return program == Program::kNativeEntry || program == Program::kPythonStepEntry ||
           program == Program::kPythonCallEntry || program == Program::kPythonBirth ||
           program == Program::kPythonDriveEntry;
}

Error attach_error(const PlannedProbe& probe, pid_t pid, int error) {
    Error result = errno_error("attach uprobe " + probe.name + " in process", std::to_string(pid), error);
    if (error == EPERM || error == EACCES) {
        result.kind = Error::Kind::kEnvironment;
        result.remedy = "run as root: opening a process's mapped files needs CAP_SYS_ADMIN";
    } else if (error == ESRCH || error == ENOENT) {
        result.kind = Error::Kind::kNoTarget;
        result.cause = "the process ended meanwhile";
    }
    return result;
}

}  // namespace

Attachment::~Attachment() {
    if (attacher_) attacher_->withdraw(*this);
}

void Attacher::withdraw(Attachment& attachment) {
    const auto tgid = static_cast<__u32>(attachment.pid_);
    bpf_.erase(Table::kTargets, bytes_of(tgid));
    for (std::uint64_t address : attachment.sites_)
        bpf_.erase(Table::kSites, bytes_of(ft_site_key{address, tgid, 0}));
    for (std::uint64_t code : attachment.codes_)
        bpf_.erase(Table::kCodes, bytes_of(ft_code_key{code, tgid, 0}));
    forget_open(tgid);
    closer_.close(attachment.pid_, std::move(attachment.links_));
}

void Attacher::forget_open(std::uint32_t tgid) {
    for (const auto& entry : bpf_.open_entries([&](const auto& one) { return one.key.tgid == tgid; }))
        bpf_.erase(Table::kOpen, bytes_of(entry.key));
}

std::uint32_t Attacher::point_number(const PlannedPoint& point) {
    return points_.number_of(point.profile + "/" + point.point.name);
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
    for (auto [to, from] :
         {std::pair(&value.workflow_id, &code.workflow_id),
          std::pair(&value.workflow_name, &code.workflow_name), std::pair(&value.node_id, &code.node_id)}) {
        Result<ft_path> path = encode(*from);
        if (!path) return path.error();
        *to = *path;
    }
    const ft_code_key key{code.address, static_cast<__u32>(plan.pid), 0};
    Result<void> done = bpf_.put(Table::kCodes, bytes_of(key), bytes_of(value));
    if (done) attachment.codes_.insert(code.address);
    return done;
}

Result<void> Attacher::add_codes(Attachment& attachment, const Plan& plan) {
    for (const PlannedCode& code : plan.codes) {
        if (attachment.codes_.contains(code.address)) continue;
        if (Result<void> done = add_code(attachment, plan, code); !done) return done;
    }
    return {};
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
    value.runs_on = probe.runs_on;
    if (probe.point) {
        const PlannedPoint& planned = plan.points[*probe.point];
        value.point = point_number(planned);
        value.failure = ::flowtap::encode(planned.point.failure);
        value.is_workflow = planned.point.kind == PointKind::kWorkflow;
        value.workflow_id = ::flowtap::encode(planned.point.ids.workflow_id);
        value.node_id = ::flowtap::encode(planned.point.ids.node_id);
        Result<std::uint32_t> name = name_number(planned.point.symbol.substr(0, FT_NAME_SIZE - 1));
        if (!name) return name.error();
        value.name = *name;
    }
    if (value.probe >= FT_MAX_PROBES) return Error{"count probe", probe.name, "too many different probes"};
    const ft_site_key key{probe.address, static_cast<__u32>(plan.pid), 0};
    Result<void> done = bpf_.put(Table::kSites, bytes_of(key), bytes_of(value));
    if (done) attachment.sites_.insert(probe.address);
    return done;
}

Result<void> Attacher::add_link(Attachment& attachment, const PlannedProbe& probe) {
    LIBBPF_OPTS(bpf_uprobe_opts, options);
    options.retprobe = probe.program == Program::kNativeReturn;
    Link link(bpf_program__attach_uprobe_opts(bpf_.program(probe.program), attachment.pid_,
                                              probe.file.c_str(), probe.file_offset, &options));
    if (!link) return attach_error(probe, attachment.pid_, errno);
    attachment.links_.push_back(std::move(link));
    return {};
}

// Sites before links: a probe that fires must find its site. Exits before entries: no execution begins whose
// end could not be seen.
Result<void> Attacher::add_probes(Attachment& attachment, const Plan& plan) {
    std::vector<const PlannedProbe*> added;
    for (const PlannedProbe& probe : plan.probes) {
        if (attachment.sites_.contains(probe.address)) continue;
        if (Result<void> done = add_site(attachment, plan, probe); !done) return done;
        added.push_back(&probe);
    }
    for (const bool entries : {false, true}) {
        for (const PlannedProbe* probe : added) {
            if (begins_executions(probe->program) != entries) continue;
            if (Result<void> done = add_link(attachment, *probe); !done) return done;
        }
    }
    return {};
}

Result<void> Attacher::extend(Attachment& attachment, const Plan& plan) {
    // What the programs look at depends on the points, too.
    const auto tgid = static_cast<__u32>(plan.pid);
    const ft_python python = plan.python.value_or(ft_python{});
    if (Result<void> done = bpf_.put(Table::kTargets, bytes_of(tgid), bytes_of(python)); !done) return done;
    if (Result<void> done = add_codes(attachment, plan); !done) return done;
    return add_probes(attachment, plan);
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
