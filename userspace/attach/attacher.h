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

// What the kernel attaches to: an instruction of a file, wherever a process has mapped that.
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

// What probes of one name and kind were hit in one process, since they were placed.
struct SiteHits {
    std::string probe;  // PlannedProbe::name
    ProbeKind kind = ProbeKind::kEmulated;
    std::uint64_t hits = 0;
    double others = 0;  // other targets with a probe at the same instruction, for which each hit costs more
};

// Probes in one process. Destroying it removes the process's table entries, so nothing is reported from then
// on; its bytes are restored soon after, at the latest when the Attacher is destroyed.
class Attachment {
public:
    Attachment(Attachment&&) noexcept = default;
    Attachment& operator=(Attachment&&) noexcept = delete;
    Attachment(const Attachment&) = delete;
    Attachment& operator=(const Attachment&) = delete;
    ~Attachment();

    [[nodiscard]] pid_t pid() const { return pid_; }
    [[nodiscard]] std::size_t probe_count() const;
    // Why the plan's hardware watches are not set; nullopt: they are.
    [[nodiscard]] const std::optional<Error>& refused_watches() const { return refused_watches_; }

private:
    friend class Attacher;
    // A site's own number in the kernel's tables.
    struct Numbered {
        NumberPool::Hold number;
        std::string probe;
        ProbeKind kind = ProbeKind::kEmulated;
        std::uint64_t hits_before = 0;          // of who held the number before
        Crowd<ProbePlace>::Hold presence = {};  // none: a hardware watch
    };
    // A link, and the file that its probes are in.
    struct OpenLink {
        Link link;
        FileKey file;
    };
    // What an extension adds to, and what is left of that where it fails.
    struct Parts {
        std::set<ProbePlace> places;  // what the links are attached to
        std::set<HeldNumbers::Hold> points;
        std::set<SharedContents::Hold> names;
        std::set<SharedContents::Hold> reads;
        std::set<SharedContents::Hold> paths;
        NumberPool::Hold target;
        std::map<ProbePlace, Numbered> sites;  // one for all addresses of a place
    };

    Attachment(Attacher& attacher, Kernel& kernel, pid_t pid)
        : attacher_(&attacher, [](Attacher*) {}), pid_(pid), entries_(kernel, pid) {}

    // Null once moved from.
    std::unique_ptr<Attacher, void (*)(Attacher*)> attacher_;
    pid_t pid_;
    ProcessEntries entries_;
    Parts parts_;
    std::map<std::pair<std::string, ProbeKind>, std::uint64_t> past_hits_;  // of sites given back
    std::vector<OpenLink> links_;
    std::map<std::uint64_t, std::vector<Fd>> watches_;  // by address: of every thread
    std::map<std::uint64_t, Numbered> watch_numbers_;   // by address
    std::optional<Error> refused_watches_;
};

// The only code that puts probes into processes: it carries out plans.
class Attacher {
public:
    explicit Attacher(Kernel& kernel) : kernel_(kernel) {}

    // Attaches all of the plan except its hardware watches, or nothing: an error undoes what was done. Exits
    // come before entries, so that no execution begins whose end could not be seen. memory is the process's:
    // nothing is attached where its code differs from what was analysed, and everything is removed again
    // where it differs afterwards or a probe is missing. Errors: kEnvironment without the privilege;
    // kNoTarget when the process is gone; as check_code() and check_placed().
    Result<Attachment> attach(const Plan& plan, const Memory& memory);

    // Adds what only a newer plan of the same process has: functions imported or defined since, libraries
    // loaded since, and the probes they need. Removes functions of subinterpreters that have ended, and
    // probes in libraries that were unloaded. On an error the attachment is unchanged.
    Result<void> extend(Attachment& attachment, const Plan& plan, const Memory& memory);

    // fork() copies the parent's breakpoints. Removes them from a child that is not a target; otherwise it
    // would trap for nothing as long as the parent has them. Call soon after the fork. Does nothing for
    // probes that the kernel itself removes from such a child on the first hit.
    void restore_copy(pid_t pid, const Plan& plan);

    // How often the process has hit its probes, by name and kind.
    [[nodiscard]] std::vector<SiteHits> hits(const Attachment& attachment) const;

    // Whether probes of a destroyed attachment to this process are still being taken out.
    [[nodiscard]] bool detaching(pid_t pid) { return closer_.closing(pid); }

    // Number of the point, in every event, of a profile's point: the same as long as an attachment has it.
    [[nodiscard]] HeldNumbers::Hold point_number(const PlannedPoint& point);
    // Probe names by counter index, from first() on; index FT_LIFECYCLE_PROBE is not among them.
    [[nodiscard]] const Registry& probes() const { return probes_; }

private:
    // Numbers of points that no attachment has any more are kept as long as there are not more than so many.
    static constexpr std::size_t kMostUnheldPoints = 4096;

    friend class Attachment;
    // A plan on its way into the kernel.
    struct Extension {
        Attachment& attachment;
        const Plan& plan;
        std::vector<std::uint32_t> points;  // numbers of the plan's
    };

    Result<void> carry_out(const Extension& extension, const Memory& memory);
    void take_back(Attachment& attachment, Attachment::Parts before, std::size_t links);
    Result<void> tell_target(const Extension& extension);
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
    // 0 where there is no path.
    Result<std::uint32_t> path_number(Attachment& attachment, const PlannedPath& path);
    Result<ft_outcome> encode(Attachment& attachment, const PlannedPoint& planned);
    void withdraw(Attachment& attachment);

    Kernel& kernel_;
    Registry probes_{1};
    HeldNumbers points_{kMostUnheldPoints};
    NumberPool target_numbers_{FT_MAX_TARGETS};
    NumberPool site_numbers_{FT_MAX_NUMBERED};
    Crowd<ProbePlace> crowd_;  // of targets
    SharedContents names_{kernel_, Kernel::Table::kNames, 0, FT_ENUM_VALUE};
    SharedContents reads_{kernel_, Kernel::Table::kReads, 1, FT_MAX_READS};  // 0 reads nothing
    SharedContents paths_{kernel_, Kernel::Table::kPaths, 1, FT_MAX_PATHS};  // 0 is no path
    LinkCloser closer_;
};

}  // namespace flowtap
