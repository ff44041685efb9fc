// SPDX-License-Identifier: Apache-2.0
#include "attach/attacher.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <map>
#include <string_view>
#include <tuple>
#include <utility>

#include "attach/attach_error.h"
#include "attach/code_check.h"
#include "attach/kernel/table_limits.h"
#include "attach/placement.h"
#include "attach/role_encoding.h"
#include "attach/site_encoding.h"

namespace flowtap {
namespace {

using Table = Kernel::Table;

// Attributes that CPython stores in the object's struct and not in its __dict__.
constexpr std::array<std::pair<std::string_view, ft_step_kind>, 4> kComputed{{
    {"__class__", FT_STEP_CLASS},
    {"__name__", FT_STEP_NAME},
    {"__qualname__", FT_STEP_QUALNAME},
    {"__module__", FT_STEP_MODULE},
}};

__u8 step_kind(const PathStep& step) {
    if (step.kind == PathStep::Kind::kItem) return FT_STEP_ITEM;
    if (step.kind == PathStep::Kind::kIndex) return FT_STEP_INDEX;
    const auto computed = std::ranges::find(kComputed, step.name, &decltype(kComputed)::value_type::first);
    return computed == kComputed.end() ? FT_STEP_ATTRIBUTE : computed->second;
}

Result<std::uint32_t> hold_number(SharedContents& contents, Table table, std::span<const std::byte> content,
                                  pid_t pid, std::set<SharedContents::Hold>& held) {
    Result<SharedContents::Hold> hold = contents.hold(content, pid);
    if (!hold) return hold.error();
    if (!held.contains(*hold) && held.size() >= most_entries_of_process(table))
        return share_used_up(table, pid);
    return **held.insert(*hold).first;
}

ProbePlace place_of(const PlannedProbe& probe) {
    return {probe.code.file.device, probe.code.file.inode, probe.file_offset, probe.program()};
}

FileKey file_of(const ProbePlace& place) { return {place.device, place.inode}; }

void add_to_filter(ft_python& python, std::uint64_t code) {
    const std::uint64_t bit = ft_filter_bit(code);
    python.code_filter[bit / 64] |= std::uint64_t{1} << bit % 64;
}

}  // namespace

Attachment::~Attachment() {
    if (attacher_) attacher_->withdraw(*this);
}

std::size_t Attachment::probe_count() const {
    return entries_.count(Table::kSites) + entries_.count(Table::kLandings);
}

void Attacher::withdraw(Attachment& attachment) {
    attachment.entries_.erase_all();
    kernel_.forget_executions(static_cast<std::uint32_t>(attachment.pid_));
    close_links(attachment, attachment.links_.begin());
}

// Closes all links from this one on.
void Attacher::close_links(Attachment& attachment, std::vector<Attachment::OpenLink>::iterator from) {
    std::vector<Link> closing;
    for (auto link = from; link != attachment.links_.end(); ++link) closing.push_back(std::move(link->link));
    attachment.links_.erase(from, attachment.links_.end());
    closer_.close(attachment.pid_, std::move(closing));
}

HeldNumbers::Hold Attacher::point_number(const PlannedPoint& point) {
    // Two builds of an engine may number an enumeration differently. Then their points get different numbers.
    std::string key = point.profile + "/" + point.point.name + "/" + point.point.symbol;
    for (const EnumNames* names : {&point.workflow_names, &point.node_names}) {
        key += '\0';
        for (const auto& [number, name] : *names) key += std::to_string(number) + "=" + name + ",";
    }
    return points_.hold(key);
}

Result<std::uint32_t> Attacher::probe_number(const std::string& name) {
    const std::uint32_t number = probes_.number_of(name);
    if (number >= FT_MAX_PROBES) {
        return Error{"count probe", name,
                     "all profiles together have had too many different probes since the start",
                     "restart flowtap"};
    }
    return number;
}

Result<std::uint32_t> Attacher::name_number(Attachment& attachment, const std::string& name) {
    if (name.size() >= FT_NAME_SIZE) {
        return Error{"read attribute", name, "its name is too long",
                     "name one of at most " + std::to_string(FT_NAME_SIZE - 1) + " bytes"};
    }
    ft_name value = {};
    std::memcpy(value.text, name.data(), name.size());
    value.length = static_cast<__u32>(name.size());
    Result<SharedContents::Hold> hold = names_.hold(bytes_of(value), attachment.pid_);
    if (!hold) return hold.error();
    return **attachment.parts_.names.insert(*hold).first;
}

Result<std::uint32_t> Attacher::reads_number(Attachment& attachment, const ft_reads& reads) {
    return hold_number(reads_, Table::kReads, bytes_of(reads), attachment.pid_, attachment.parts_.reads);
}

Result<ft_path> Attacher::encode(Attachment& attachment, const PlannedPath& path) {
    ft_path encoded = {};
    encoded.hash = path.hash;
    encoded.slot = static_cast<__s16>(path.variable.slot);
    encoded.position = static_cast<__s16>(path.variable.position);
    encoded.closure = static_cast<__s16>(path.variable.closure);
    encoded.steps = static_cast<__u8>(std::min(path.steps.size(), PythonPath::kMaxSteps));
    for (std::size_t i = 0; i < encoded.steps; i++) {
        const PathStep& step = path.steps[i].step;
        encoded.at[i].hash = path.steps[i].hash;
        encoded.at[i].kind = step_kind(step);
        encoded.at[i].name = static_cast<__u16>(step.index);
        if (step.kind != PathStep::Kind::kAttribute) continue;
        Result<std::uint32_t> number = name_number(attachment, step.name);
        if (!number) return number.error();
        encoded.at[i].name = static_cast<__u16>(*number);
    }
    return encoded;
}

Result<std::uint32_t> Attacher::path_number(Attachment& attachment, const std::optional<PlannedPath>& path) {
    if (!path) return 0U;
    Result<ft_path> encoded = encode(attachment, *path);
    if (!encoded) return encoded.error();
    return hold_number(paths_, Table::kPaths, bytes_of(*encoded), attachment.pid_, attachment.parts_.paths);
}

Result<void> Attacher::add_code(const Extension& extension, const PlannedCode& code) {
    ft_code value = {};
    value.point = extension.points[code.point];
    value.role = encode_roles(code.roles);
    value.object_slot = static_cast<__s16>(code.object_slot.value_or(-1));
    value.token_slot = static_cast<__s16>(code.token_slot.value_or(-1));
    value.interpreter = code.interpreter;
    if (const auto* method = std::get_if<MethodCall>(&code.calls)) {
        value.base = method->base;
        value.method = method->name.value_or(0);
    } else if (const auto* between = std::get_if<CallsBetween>(&code.calls)) {
        value.begins_at = between->begins_at;
        value.ends_at = between->ends_at;
    }
    value.function = code.only_function.value_or(0);
    value.qualname = code.qualname_address.value_or(0);
    for (auto [use, path] :
         {std::pair(FT_PATH_WORKFLOW_ID, &code.workflow_id),
          std::pair(FT_PATH_WORKFLOW_NAME, &code.workflow_name), std::pair(FT_PATH_NODE_ID, &code.node_id),
          std::pair(FT_PATH_NODE_TYPE, &code.node_type)}) {
        Result<std::uint32_t> number = path_number(extension.attachment, *path);
        if (!number) return number.error();
        value.paths[use] = *number;
    }
    value.fails = code.fails.empty() ? 0 : 1;
    ft_code_key key{code.address, static_cast<__u32>(extension.plan.pid), 0};
    Result<void> done = extension.attachment.entries_.put(Table::kCodes, bytes_of(key), bytes_of(value));
    for (const std::size_t point : code.fails) {
        if (!done) break;
        key.failing = extension.points[point] + 1;
        done = extension.attachment.entries_.put(Table::kCodes, bytes_of(key), bytes_of(value));
    }
    return done;
}

Result<ft_outcome> Attacher::encode(Attachment& attachment, const PlannedPoint& planned) {
    ft_outcome outcome = {};
    const PlannedOutcome value = planned.outcome.value_or(PlannedOutcome{});
    outcome.slot = static_cast<__s16>(value.slot.value_or(-1));
    outcome.by_exception = planned.point.outcome->by_exception;
    Result<std::uint32_t> path = path_number(attachment, value.path);
    if (!path) return path.error();
    outcome.path = *path;
    return outcome;
}

// Writes an entry for each point whose outcome depends on a value.
Result<void> Attacher::add_outcomes(const Extension& extension) {
    for (std::size_t i = 0; i < extension.points.size(); i++) {
        const PlannedPoint& planned = extension.plan.points[i];
        if (!planned.is_observed() || !planned.point.outcome) continue;
        const auto outcome = encode(extension.attachment, planned);
        if (!outcome) return outcome.error();
        const ft_open_key key{extension.points[i], static_cast<__u32>(extension.plan.pid), 0};
        if (Result<void> done =
                extension.attachment.entries_.put(Table::kOutcomes, bytes_of(key), bytes_of(*outcome));
            !done)
            return done;
    }
    return {};
}

Result<void> Attacher::add_codes(const Extension& extension) {
    for (const PlannedCode& code : extension.plan.codes)
        if (Result<void> done = add_code(extension, code); !done) return done;
    return {};
}

void Attacher::forget_ended(const Extension& extension) {
    const auto& live = extension.plan.interpreters;
    extension.attachment.entries_.erase_if(Table::kCodes, [&](auto, std::span<const std::byte> bytes) {
        ft_code code = {};
        std::memcpy(&code, bytes.data(), std::min(bytes.size(), sizeof(code)));
        return code.interpreter != 0 && std::ranges::find(live, code.interpreter) == live.end();
    });
}

// A site whose address is not in the plan belongs to a library that was unloaded or loaded at another
// address.
void Attacher::forget_addresses(const Extension& extension) {
    std::set<std::uint64_t> addresses;
    for (const PlannedProbe& probe : extension.plan.probes) addresses.insert(probe.address);
    for (const Table table : {Table::kSites, Table::kLandings}) {
        extension.attachment.entries_.erase_if(table, [&](std::span<const std::byte> bytes, auto) {
            ft_site_key key = {};
            std::memcpy(&key, bytes.data(), std::min(bytes.size(), sizeof(key)));
            return !addresses.contains(key.address);
        });
    }
}

// A link belongs to a file, so it is kept as long as the plan has a probe in that file. So is the number of a
// site, which its probe carries as a cookie.
void Attacher::forget_unloaded(const Extension& extension) {
    Attachment& attachment = extension.attachment;
    forget_addresses(extension);
    std::set<ProbePlace> places;
    std::set<FileKey> files;
    for (const PlannedProbe& probe : extension.plan.probes) {
        places.insert(place_of(probe));
        files.insert(file_of(place_of(probe)));
    }
    const auto is_loaded = [&](const FileKey& file) { return files.contains(file); };
    std::erase_if(attachment.parts_.sites, [&](const auto& site) {
        if (places.contains(site.first)) return false;
        const Attachment::Numbered& own = site.second;
        attachment.entries_.erase(Table::kNumbered, bytes_of(*own.number));
        if (is_loaded(file_of(site.first))) return false;
        attachment.past_hits_[{own.probe, own.kind}] += kernel_.hits(*own.number) - own.hits_before;
        return true;
    });
    std::erase_if(attachment.parts_.places,
                  [&](const ProbePlace& place) { return !is_loaded(file_of(place)); });
    const auto unloaded =
        std::stable_partition(attachment.links_.begin(), attachment.links_.end(),
                              [&](const Attachment::OpenLink& link) { return is_loaded(link.file); });
    close_links(attachment, unloaded);
}

Result<Attachment::Numbered> Attacher::take_number(const std::string& probe, ProbeKind kind) {
    NumberPool::Hold number = site_numbers_.hold();
    if (number == nullptr) return too_many_sites(probe, limits_.sites);
    const std::uint64_t before = kernel_.hits(*number);
    return Attachment::Numbered{std::move(number), probe, kind, before};
}

// A link attaches to an instruction of a file, at every address where the file is mapped.
Result<std::uint32_t> Attacher::site_number(Attachment& attachment, const PlannedProbe& probe) {
    auto& sites = attachment.parts_.sites;
    const auto known = sites.find(place_of(probe));
    if (known != sites.end()) return *known->second.number;
    Result<Attachment::Numbered> own = take_number(probe.name, kind_of(probe.cost));
    if (!own) return own.error();
    own->presence = crowd_.join(place_of(probe));
    return *sites.emplace(place_of(probe), *std::move(own)).first->second.number;
}

std::vector<SiteHits> Attacher::hits(const Attachment& attachment) const {
    std::map<std::pair<std::string, ProbeKind>, SiteHits> sums;
    for (const auto& [of, past] : attachment.past_hits_) sums[of].hits += past;
    const auto add = [&](const Attachment::Numbered& site) {
        const std::uint64_t hits = kernel_.hits(*site.number) - site.hits_before;
        SiteHits& sum = sums[{site.probe, site.kind}];
        const double others = site.presence ? crowd_.at(*site.presence) - 1 : 0;
        sum.others += others * static_cast<double>(hits);
        sum.hits += hits;
    };
    for (const auto& [place, site] : attachment.parts_.sites) add(site);
    for (const auto& [address, watch] : attachment.watch_numbers_) add(watch);
    std::vector<SiteHits> hits;
    hits.reserve(sums.size());
    for (const auto& [of, sum] : sums) {
        const double mean = sum.hits == 0 ? 0 : sum.others / static_cast<double>(sum.hits);
        hits.push_back({of.first, of.second, sum.hits, mean});
    }
    return hits;
}

Result<ft_site> Attacher::site_of(const Extension& extension, const PlannedProbe& probe) {
    Result<std::uint32_t> counters = probe_number(probe.name);
    if (!counters) return counters.error();
    Result<std::uint32_t> own = site_number(extension.attachment, probe);
    if (!own) return own.error();
    ft_site value = encode_site(probe.details);
    value.tgid = static_cast<__u32>(extension.plan.pid);
    value.number = *own;
    value.target = *extension.attachment.parts_.target;
    value.probe = *counters;
    value.point = FT_NO_POINT;
    if (probe.point) {
        const PlannedPoint& planned = extension.plan.points[*probe.point];
        value.point = extension.points[*probe.point];
        value.failure = encode_failure(planned.point.failure);
        value.is_workflow = planned.point.kind == PointKind::kWorkflow;
    }
    if (const ft_reads* reads = reads_of(probe.details)) {
        Result<std::uint32_t> number = reads_number(extension.attachment, *reads);
        if (!number) return number.error();
        value.reads = *number;
    }
    return value;
}

Result<void> Attacher::add_entry(const Extension& extension, const PlannedProbe& probe) {
    ProcessEntries& entries = extension.attachment.entries_;
    const ft_site_key key{probe.address, static_cast<__u32>(extension.plan.pid), 0};
    if (const auto* landing = probe.as<UnwindLanding>()) {
        Result<std::uint32_t> number = probe_number(probe.name);
        if (!number) return number.error();
        return entries.put(Table::kLandings, bytes_of(key), bytes_of(encode_landing(*landing, *number)));
    }
    Result<ft_site> site = site_of(extension, probe);
    if (!site) return site.error();
    // Without cookies in the kernel, the program finds the site by its address.
    Result<void> done = entries.put(Table::kNumbered, bytes_of(site->number), bytes_of(*site));
    return done ? entries.put(Table::kSites, bytes_of(key), bytes_of(*site)) : done;
}

// All probes have the same program and the same file.
Result<void> Attacher::add_link(Attachment& attachment, std::span<const PlannedProbe* const> probes,
                                PinnedFiles& files) {
    const PlannedProbe& first = *probes.front();
    Result<std::string> path = files.path_of(first);
    if (!path) return path.error();
    std::vector<Kernel::Place> places;
    for (const PlannedProbe* probe : probes) {
        const auto site = attachment.parts_.sites.find(place_of(*probe));
        const std::uint64_t number = site == attachment.parts_.sites.end() ? 0 : *site->second.number;
        const auto* marker = probe->as<StaticMarker>();
        const std::uint64_t semaphore = marker == nullptr ? 0 : marker->semaphore_offset.value_or(0);
        places.push_back({probe->file_offset, semaphore, number});
    }
    std::vector<Link> made;
    const int error = kernel_.link(first.program(), attachment.pid_, *path, places, made);
    for (Link& link : made) attachment.links_.push_back({std::move(link), file_of(place_of(first))});
    if (error == 0) return {};
    return kernel_.links_many(first.program()) ? attach_error(first, attachment.pid_, error)
                                               : perf_error(first, attachment.pid_, error);
}

Result<void> Attacher::add_links(Attachment& attachment, std::span<const PlannedProbe* const> probes,
                                 PinnedFiles& files) {
    std::map<std::tuple<Program, FileIdentity, std::string>, std::vector<const PlannedProbe*>> groups;
    for (const PlannedProbe* probe : probes) {
        if (attachment.parts_.places.insert(place_of(*probe)).second)
            groups[{probe->program(), probe->code.file, probe->file}].push_back(probe);
    }
    for (const auto& [key, group] : groups)
        if (Result<void> done = add_link(attachment, group, files); !done) return done;
    return {};
}

// When a probe is closed, the kernel goes through every process that maps the file and removes the breakpoint
// where no other link wants it (kernel/events/uprobes.c, uprobe_unregister_nosync()). The probes added here
// find no site. Opens the files pinned by the parent's probes, because the paths may have been unlinked
// since.
void Attacher::restore_copy(pid_t pid, const Plan& plan) {
    Attachment attachment(*this, kernel_, pid);
    PinnedFiles files(kernel_, pid, PinnedFiles::Must::kBeTheFile);
    std::vector<const PlannedProbe*> probes;
    for (const PlannedProbe& probe : plan.probes)
        if (kernel_.links_many(probe.program())) probes.push_back(&probe);
    // A child that has ended needs nothing.
    (void)add_links(attachment, probes, files);
}

// Adds sites before links, because a probe that fires must find its site; and exits before entries, so that
// no execution begins whose end could not be observed.
Result<void> Attacher::add_probes(const Extension& extension) {
    std::vector<const PlannedProbe*> probes;
    for (const PlannedProbe& probe : extension.plan.probes) {
        if (Result<void> done = add_entry(extension, probe); !done) return done;
        probes.push_back(&probe);
    }
    const auto entries = std::stable_partition(probes.begin(), probes.end(), [](const PlannedProbe* probe) {
        return !info_of(probe->program()).begins;
    });
    const auto exits = static_cast<std::size_t>(entries - probes.begin());
    PinnedFiles files(kernel_, extension.plan.pid, PinnedFiles::Must::kBeTheVersion);
    Result<void> done = add_links(extension.attachment, std::span(probes).first(exits), files);
    if (done) done = add_links(extension.attachment, std::span(probes).subspan(exits), files);
    return done;
}

// The target's entry depends on the points, too. It comes after the tables by which the programs filter
// functions.
Result<void> Attacher::put_target(const Extension& extension) {
    const auto& [attachment, plan, points] = extension;
    NumberPool::Hold& number = attachment.parts_.target;
    if (number == nullptr) number = target_numbers_.hold();
    const auto tgid = static_cast<__u32>(plan.pid);
    if (number == nullptr) return too_many_targets(plan.pid, limits_.targets);
    ft_python python = plan.python.value_or(ft_python{});
    for (const PlannedCode& code : plan.codes) add_to_filter(python, code.address);
    attachment.entries_.for_each_key(Table::kCodes, [&](std::span<const std::byte> bytes) {
        ft_code_key key = {};
        std::memcpy(&key, bytes.data(), std::min(bytes.size(), sizeof(key)));
        add_to_filter(python, key.code);
    });
    Result<void> done = attachment.entries_.put(Table::kLayouts, bytes_of(*number), bytes_of(python));
    return done ? attachment.entries_.put(Table::kTargets, bytes_of(tgid), bytes_of(python)) : done;
}

// Checks the code before, so that no breakpoint is put into the middle of an instruction; and again after,
// because the code may have been replaced meanwhile.
Result<void> Attacher::carry_out(const Extension& extension, const Memory& memory) {
    const Plan& plan = extension.plan;
    if (Result<void> same = check_code(plan, memory); !same) return same;
    Result<void> done = put_target(extension);
    if (done) done = add_outcomes(extension);
    if (done) done = add_codes(extension);
    if (done) done = add_probes(extension);
    if (done) done = check_code(plan, memory);
    if (done) done = check_placed(plan, memory);
    return done;
}

void Attacher::roll_back(Attachment& attachment, Attachment::Parts before, std::size_t links) {
    attachment.entries_.roll_back();
    attachment.parts_ = std::move(before);
    close_links(attachment, attachment.links_.begin() + static_cast<std::ptrdiff_t>(links));
}

Result<void> Attacher::extend(Attachment& attachment, const Plan& plan, const Memory& memory) {
    Extension extension{attachment, plan, {}};
    // A probe of the previous attachment that is still being removed would fire as well.
    closer_.wait_for(plan.pid);
    Attachment::Parts before = attachment.parts_;
    attachment.parts_.reads.clear();  // each site of the plan adds its reads again
    for (const PlannedPoint& point : plan.points) {
        const HeldNumbers::Hold number = point_number(point);
        attachment.parts_.points.insert(number);
        extension.points.push_back(*number);
    }
    const std::size_t links = attachment.links_.size();
    if (Result<void> done = carry_out(extension, memory); !done) {
        roll_back(attachment, std::move(before), links);
        return done;
    }
    attachment.entries_.commit();
    forget_ended(extension);
    forget_unloaded(extension);
    add_watches(attachment, plan);
    return {};
}

Result<Attachment> Attacher::attach(const Plan& plan, const Memory& memory) {
    // After exec() the process may map the same file at the same address: a probe that was running while its
    // attachment was removed may have left an execution.
    closer_.wait_for(plan.pid);
    kernel_.forget_executions(static_cast<std::uint32_t>(plan.pid));
    Attachment attachment(*this, kernel_, plan.pid);
    if (Result<void> done = extend(attachment, plan, memory); !done) return done.error();
    return attachment;
}

}  // namespace flowtap
