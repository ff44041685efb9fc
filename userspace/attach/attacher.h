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

#include "attach/crowd.h"
#include "attach/held_numbers.h"
#include "attach/kernel/kernel.h"
#include "attach/kernel/link_closer.h"
#include "attach/number_pool.h"
#include "attach/pinned_files.h"
#include "attach/process_entries.h"
#include "attach/registry.h"
#include "attach/shared_contents.h"
#include "base/result.h"
#include "plan/plan.h"
#include "plan/probe_kind.h"
#include "process/memory.h"

namespace flowtap {

class Attacher;

// A place that the kernel attaches to: an instruction of a file, wherever a process maps it.
struct ProbePlace {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t offset = 0;
    Program program = Program::kNativeEntry;
    auto operator<=>(const ProbePlace&) const =
        default;  // NOLINT(modernize-use-nullptr): takes the 0 in it for one
};

// A file: device and inode.
using FileKey = std::pair<std::uint64_t, std::uint64_t>;

// Hits of the probes of one name and kind in one process since they were placed.
struct SiteHits {
    std::string probe;  // PlannedProbe::name
    ProbeKind kind = ProbeKind::kEmulated;
    std::uint64_t hits = 0;
    double others = 0;  // other targets with a probe at the same instruction: each makes a hit more expensive
};

// The probes in one process. The destructor removes the process's table entries, so nothing is reported
// afterwards. Its code is restored soon after, at the latest when the Attacher is destroyed.
class Attachment {
public:
    Attachment(Attachment&&) noexcept = default;
    Attachment& operator=(Attachment&&) noexcept = delete;
    Attachment(const Attachment&) = delete;
    Attachment& operator=(const Attachment&) = delete;
    ~Attachment();

    [[nodiscard]] pid_t pid() const { return pid_; }
    [[nodiscard]] std::size_t probe_count() const;
    // Why the plan's hardware watches are not set; nullopt: they are set.
    [[nodiscard]] const std::optional<Error>& refused_watches() const { return refused_watches_; }

private:
    friend class Attacher;
    // A site's number in the kernel's tables.
    struct Numbered {
        NumberPool::Hold number;
        std::string probe;
        ProbeKind kind = ProbeKind::kEmulated;
        std::uint64_t hits_before = 0;          // hits counted before this site got the number
        Crowd<ProbePlace>::Hold presence = {};  // none: a hardware watch
    };
    // A link, and the file of its probes.
    struct OpenLink {
        Link link;
        FileKey file;
    };
    // The parts of an attachment that an extension adds to. Restored if the extension fails.
    struct Parts {
        std::set<ProbePlace> places;  // where the links are attached
        std::set<HeldNumbers::Hold> points;
        std::set<SharedContents::Hold> names;
        std::set<SharedContents::Hold> reads;
        std::set<SharedContents::Hold> paths;
        NumberPool::Hold target;
        std::map<ProbePlace, Numbered> sites;  // one for all addresses at which the place is mapped
    };

    Attachment(Attacher& attacher, Kernel& kernel, pid_t pid)
        : attacher_(&attacher, [](Attacher*) {}), pid_(pid), entries_(kernel, pid) {}

    // Null after a move.
    std::unique_ptr<Attacher, void (*)(Attacher*)> attacher_;
    pid_t pid_;
    ProcessEntries entries_;
    Parts parts_;
    std::map<std::pair<std::string, ProbeKind>, std::uint64_t> past_hits_;  // of sites that were removed
    std::vector<OpenLink> links_;
    std::map<std::uint64_t, std::vector<Fd>> watches_;  // by address: one descriptor for each thread
    std::map<std::uint64_t, Numbered> watch_numbers_;   // by address
    std::optional<Error> refused_watches_;
};

// Carries out plans. No other code places probes in processes.
class Attacher {
public:
    // Of all processes together. Numbers index tables of the kernel, in which 0 stands for none.
    struct Limits {
        std::uint32_t targets = FT_MAX_TARGETS - 1;
        std::uint32_t sites = FT_MAX_NUMBERED - 1;
    };

    explicit Attacher(Kernel& kernel) : Attacher(kernel, Limits{}) {}
    Attacher(Kernel& kernel, const Limits& limits) : kernel_(kernel), limits_(limits) {}

    // Attaches all of the plan except its hardware watches, or nothing: after an error, what was done is
    // undone. Attaches exits before entries, so that no execution begins whose end could not be observed.
    // memory is the process's: attaches nothing if its code differs from the analysed code, and removes
    // everything if it differs afterwards or a probe is missing. Errors: kEnvironment without the privilege;
    // kNoTarget if the process is gone; as check_code() and check_placed().
    Result<Attachment> attach(const Plan& plan, const Memory& memory);

    // Adds what only a newer plan of the same process has: functions imported or defined since, libraries
    // loaded since, and their probes. Removes functions of subinterpreters that have ended, and probes in
    // libraries that were unloaded. After an error the attachment is unchanged.
    Result<void> extend(Attachment& attachment, const Plan& plan, const Memory& memory);

    // fork() copies the parent's breakpoints. Removes them from a child that is not a target; otherwise the
    // child would trap for nothing as long as the parent has them. Call soon after the fork. Does nothing for
    // probes that the kernel itself removes from such a child on the first hit.
    void restore_copy(pid_t pid, const Plan& plan);

    // The process's hits of its probes, by name and kind.
    [[nodiscard]] std::vector<SiteHits> hits(const Attachment& attachment) const;

    // Whether probes of a destroyed attachment to this process are still being removed.
    [[nodiscard]] bool detaching(pid_t pid) { return closer_.closing(pid); }

    // The number by which events refer to a point. Constant as long as an attachment uses it.
    [[nodiscard]] HeldNumbers::Hold point_number(const PlannedPoint& point);
    // Probe names by counter index, starting at first(). FT_LIFECYCLE_PROBE is not among them.
    [[nodiscard]] const Registry& probes() const { return probes_; }

private:
    // Up to this many numbers of unused points are kept.
    static constexpr std::size_t kMostUnheldPoints = 4096;

    friend class Attachment;
    // A plan that is being written to the kernel.
    struct Extension {
        Attachment& attachment;
        const Plan& plan;
        std::vector<std::uint32_t> points;  // numbers of the plan's points
    };

    Result<void> carry_out(const Extension& extension, const Memory& memory);
    void roll_back(Attachment& attachment, Attachment::Parts before, std::size_t links);
    Result<void> put_target(const Extension& extension);
    Result<Attachment::Numbered> take_number(const std::string& probe, ProbeKind kind);
    Result<std::uint32_t> site_number(Attachment& attachment, const PlannedProbe& probe);
    Result<void> add_codes(const Extension& extension);
    Result<void> add_outcomes(const Extension& extension);
    Result<void> add_code(const Extension& extension, const PlannedCode& code);
    void forget_ended(const Extension& extension);
    static void forget_addresses(const Extension& extension);
    void forget_unloaded(const Extension& extension);
    Result<void> add_probes(const Extension& extension);
    Result<void> add_entry(const Extension& extension, const PlannedProbe& probe);
    Result<ft_site> site_of(const Extension& extension, const PlannedProbe& probe);
    Result<void> add_links(Attachment& attachment, std::span<const PlannedProbe* const> probes,
                           PinnedFiles& files);
    Result<void> add_link(Attachment& attachment, std::span<const PlannedProbe* const> probes,
                          PinnedFiles& files);
    void drop_watches(Attachment& attachment, const Plan& plan);
    void add_watches(Attachment& attachment, const Plan& plan);
    Result<void> add_watch(Attachment& attachment, const PlannedWatch& watch);
    Result<std::uint32_t> probe_number(const std::string& name);
    Result<std::uint32_t> name_number(Attachment& attachment, const std::string& name);
    Result<std::uint32_t> reads_number(Attachment& attachment, const ft_reads& reads);
    Result<ft_path> encode(Attachment& attachment, const PlannedPath& path);
    void close_links(Attachment& attachment, std::vector<Attachment::OpenLink>::iterator from);
    // 0 if there is no path.
    Result<std::uint32_t> path_number(Attachment& attachment, const std::optional<PlannedPath>& path);
    Result<ft_outcome> encode(Attachment& attachment, const PlannedPoint& planned);
    void withdraw(Attachment& attachment);

    Kernel& kernel_;
    Registry probes_{1};
    HeldNumbers points_{kMostUnheldPoints};
    Limits limits_;
    NumberPool target_numbers_{limits_.targets + 1};
    NumberPool site_numbers_{limits_.sites + 1};
    Crowd<ProbePlace> crowd_;  // of targets
    SharedContents names_{kernel_, Kernel::Table::kNames, 0, FT_ENUM_VALUE};
    SharedContents reads_{kernel_, Kernel::Table::kReads, 1, FT_MAX_READS};  // 0 reads nothing
    SharedContents paths_{kernel_, Kernel::Table::kPaths, 1, FT_MAX_PATHS};  // 0 is no path
    LinkCloser closer_;
};

}  // namespace flowtap
