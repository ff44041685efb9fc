// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <compare>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "attach/bpf_object.h"
#include "attach/link_closer.h"
#include "attach/registry.h"
#include "base/result.h"
#include "plan/plan.h"

namespace flowtap {

class Attacher;

// What the kernel attaches to: an instruction of a file, wherever a process has mapped that.
struct ProbePlace {
    dev_t device = 0;
    ino_t inode = 0;
    std::uint64_t offset = 0;
    Program program = Program::kNativeEntry;
    auto operator<=>(const ProbePlace&) const =
        default;  // NOLINT(modernize-use-nullptr): takes the 0 in it for one
};

// As which a function is known to the kernel.
struct CodeInUse {
    std::uint32_t interpreter = 0;  // PlannedCode::interpreter
    std::uint8_t roles = 0;
    bool operator==(const CodeInUse&) const = default;
};

// Probes in one process. Destroying it removes what the tables say of the process, so nothing of it is
// reported any more; its bytes are restored soon after, at the latest when the Attacher is gone.
class Attachment {
public:
    Attachment(Attachment&&) noexcept = default;
    Attachment& operator=(Attachment&&) noexcept = delete;
    Attachment(const Attachment&) = delete;
    Attachment& operator=(const Attachment&) = delete;
    ~Attachment();

    [[nodiscard]] pid_t pid() const { return pid_; }
    [[nodiscard]] std::size_t probe_count() const { return sites_.size(); }
    // Why the plan's hardware watches are not set; nullopt: they are.
    [[nodiscard]] const std::optional<Error>& refused_watches() const { return refused_watches_; }

private:
    friend class Attacher;
    Attachment(Attacher& attacher, pid_t pid) : attacher_(&attacher, [](Attacher*) {}), pid_(pid) {}

    // Null once moved from.
    std::unique_ptr<Attacher, void (*)(Attacher*)> attacher_;
    pid_t pid_;
    std::vector<Link> links_;
    std::map<std::uint64_t, PlannedProbe> sites_;       // by address
    std::set<ProbePlace> places_;                       // what links_ are attached to
    std::map<std::uint64_t, CodeInUse> codes_;          // by address
    std::map<std::uint64_t, std::vector<Fd>> watches_;  // by address: of every thread
    std::optional<Error> refused_watches_;
};

// The only code that puts probes into processes: it carries out plans.
class Attacher {
public:
    explicit Attacher(BpfObject& bpf) : bpf_(bpf) {}

    // All of the plan but its hardware watches, or nothing: on an error what was done is undone. Exits come
    // before entries, so that no execution begins whose end could not be seen. Errors: kEnvironment without
    // the privilege; kNoTarget when the process went away.
    Result<Attachment> attach(const Plan& plan);

    // Adds what a newer plan of the same process has and the attachment has not: functions imported or
    // defined since, libraries loaded since, and the probes they need. Functions of subinterpreters that have
    // ended are forgotten.
    Result<void> extend(Attachment& attachment, const Plan& plan);

    // A fork copies breakpoints. Takes those of the plan, which is of its parent, out of a process that is
    // not to be attached to; it would stop at them, for nothing, as long as the parent has them. Soon after;
    // not where the kernel does so by itself, when one is hit.
    void restore_copy(pid_t pid, const Plan& plan);

    // Whether probes of a destroyed attachment to this process are still being taken out.
    [[nodiscard]] bool detaching(pid_t pid) { return closer_.closing(pid); }

    // Number of the point, in every event, of a profile's point.
    [[nodiscard]] std::uint32_t point_number(const PlannedPoint& point);
    // Probe names by counter index, from first() on; index FT_LIFECYCLE_PROBE is not among them.
    [[nodiscard]] const Registry& probes() const { return probes_; }

private:
    friend class Attachment;
    Result<void> add_codes(Attachment& attachment, const Plan& plan);
    void forget_ended(Attachment& attachment, const Plan& plan);
    Result<void> add_probes(Attachment& attachment, const Plan& plan);
    Result<void> add_site(Attachment& attachment, const Plan& plan, const PlannedProbe& probe);
    Result<void> add_landing(Attachment& attachment, const PlannedProbe& probe);
    void drop_watches(Attachment& attachment, const Plan& plan);
    void add_watches(Attachment& attachment, const Plan& plan);
    Result<void> add_watch(Attachment& attachment, const PlannedWatch& watch);
    Result<void> add_links(Attachment& attachment, std::span<const PlannedProbe* const> probes);
    Result<void> add_link(Attachment& attachment, std::span<const PlannedProbe* const> probes);
    Result<void> add_code(Attachment& attachment, const Plan& plan, const PlannedCode& code);
    Result<std::uint32_t> name_number(const std::string& name);
    Result<std::uint32_t> reads_number(const ft_reads& reads);
    Result<ft_path> encode(const PlannedPath& path);
    void withdraw(Attachment& attachment);
    void forget_open(std::uint32_t tgid);

    BpfObject& bpf_;
    Registry probes_{1};
    Registry points_;
    Registry names_;
    std::size_t names_written_ = 0;
    Registry reads_{1};  // by their bytes; 0 reads nothing
    std::size_t reads_written_ = 1;
    LinkCloser closer_;
};

}  // namespace flowtap
