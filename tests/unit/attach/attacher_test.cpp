// SPDX-License-Identifier: Apache-2.0
// Plans carried out in a kernel in which any step can fail and anything can happen between two steps.
#include "attach/attacher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/unit/attach/fake_kernel.h"

namespace flowtap::attacher_test {
namespace {

using Table = Kernel::Table;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr pid_t kPid = 4242;
constexpr std::uint64_t kStart = 0x7f00'0000'0000;
constexpr std::size_t kSize = 4096;
constexpr int kMostSteps = 1000;  // of one plan: far more than any here takes

std::vector<std::byte> code_of(unsigned version) {
    std::vector<std::byte> bytes(kSize);
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = std::byte((i * 7 + version * 31) % 199);
    return bytes;
}

// A file of code, and a process that maps it.
ft_reads& reads_of(PlannedProbe& probe) { return std::get<FunctionEntry>(probe.details).reads; }

class AttacherTest : public testing::Test {
protected:
    AttacherTest() {
        write(file_, 1);
        plan_.pid = kPid;
        PlannedPoint point;
        point.profile = "engine";
        point.point.name = "node";
        plan_.points = {point};
        add_probe(plan_, "node:exit", FunctionExit{}, 0x100);
        add_probe(plan_, "node:exit", FunctionExit{}, 0x140);
        add_probe(plan_, "node:entry", FunctionEntry{}, 0x200);
        reads_of(plan_.probes.back()).node_id.constant = 1;
        add_probe(plan_, "unwind", UnwindLanding{}, 0x300);
        add_code(plan_, 0x1000, "node_id");
        larger_ = plan_;
        add_probe(larger_, "call:exit", ReturnToC{}, 0x400);
        add_probe(larger_, "call:entry", CallEntry{}, 0x440);
        add_code(larger_, 0x2000, "name");
        larger_.codes.front().roles = {CodeRole::kWorkflow};
        larger_.watches = {PlannedWatch{"watch:begin", 0x5000, 0x1000, CallBegin{}}};
    }
    ~AttacherTest() override { std::filesystem::remove_all(directory_); }

    static std::string new_directory() {
        std::string name = std::filesystem::temp_directory_path() / "flowtap-attacher-XXXXXX";
        return ::mkdtemp(name.data());
    }
    static void write(const std::string& path, unsigned version) {
        const std::vector<std::byte> bytes = code_of(version);
        std::ofstream(path, std::ios::binary)
            .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    }
    [[nodiscard]] ino_t inode() const {
        struct stat status = {};
        EXPECT_EQ(::stat(file_.c_str(), &status), 0);
        return status.st_ino;
    }
    // The path leads to another file from now on, with other code.
    void replace_file() const {
        write(file_ + ".new", 2);
        std::filesystem::rename(file_ + ".new", file_);
    }

    void add_probe(Plan& plan, const std::string& name, SiteDetails details, std::uint64_t offset) const {
        PlannedProbe probe;
        probe.name = name;
        probe.details = details;
        probe.file = file_;
        probe.file_offset = offset;
        probe.address = kStart + offset;
        probe.code.file = *FileIdentity::at(file_);
        probe.code.before = AnalysedCode::kAround;
        probe.code.size = probe.code.bytes.size();
        const auto from = static_cast<std::ptrdiff_t>(offset - AnalysedCode::kAround);
        std::copy_n(code_of(1).begin() + from, probe.code.size, probe.code.bytes.begin());
        plan.probes.push_back(std::move(probe));
    }
    static void add_code(Plan& plan, std::uint64_t address, const std::string& attribute) {
        PlannedCode code;
        code.address = address;
        code.roles = {CodeRole::kNode};
        code.node_id = PlannedPath{{0, 0, -1, true}, 0, {{{.name = attribute}}}};
        plan.codes.push_back(std::move(code));
    }

    void wait_until_closed() {
        while (attacher_.detaching(kPid)) std::this_thread::yield();
    }
    // Nothing of the process in the kernel.
    void expect_nothing(const std::string& after) {
        wait_until_closed();
        EXPECT_THAT(kernel_.rows(), IsEmpty()) << after;
        EXPECT_THAT(kernel_.probes(), IsEmpty()) << after;
    }
    // Each probe of the plan, once, with its site; each function.
    void expect_complete(const Plan& plan, const std::string& after) {
        wait_until_closed();
        std::multiset<FakeKernel::Probe> wanted;
        for (const PlannedProbe& probe : plan.probes)
            wanted.insert({inode(), probe.file_offset, probe.program(), kPid});
        EXPECT_EQ(kernel_.probes(), wanted) << after;
        EXPECT_EQ(kernel_.count(Table::kSites) + kernel_.count(Table::kLandings), plan.probes.size())
            << after;
        EXPECT_EQ(kernel_.count(Table::kCodes), plan.codes.size()) << after;
        EXPECT_EQ(kernel_.count(Table::kTargets), 1u) << after;
    }

    std::string directory_ = new_directory();
    std::string file_ = directory_ + "/engine";
    FakeKernel kernel_;
    ProbedMemory memory_{kernel_, kPid, kStart, (write(file_, 1), inode()), code_of(1)};
    Plan plan_;
    Plan larger_;  // an extension of it
    Attacher attacher_{kernel_};
};

std::string at_step(std::size_t step, int error) {
    return "step " + std::to_string(step) + ": " + std::strerror(error);
}

TEST_F(AttacherTest, CarriesOutAPlanAndUndoesIt) {
    {
        const Result<Attachment> attachment = attacher_.attach(larger_, memory_);
        ASSERT_TRUE(attachment) << attachment.error().message();
        EXPECT_EQ(attachment->probe_count(), larger_.probes.size());
        EXPECT_FALSE(attachment->refused_watches());
        EXPECT_EQ(kernel_.count(Table::kWatches), 1u);
        expect_complete(larger_, "attach");
    }
    expect_nothing("detach");
}

TEST_F(AttacherTest, AttachesAllOrNothingWhateverFails) {
    for (const bool many : {true, false}) {
        if (!many) kernel_.link_one_by_one();
        for (const int error : {EMFILE, ENOMEM, ENOENT, ESRCH, EPERM}) {
            std::size_t step = 0;
            for (bool failed = true; failed && step < kMostSteps; ++step) {
                kernel_.fail(step, error);
                {
                    const Result<Attachment> attachment = attacher_.attach(larger_, memory_);
                    failed = kernel_.steps() > step;
                    if (attachment)
                        expect_complete(larger_, at_step(step, error));
                    else
                        expect_nothing(at_step(step, error));
                    const bool is_watch = attachment && attachment->refused_watches();
                    EXPECT_EQ(attachment.has_value(), !failed || is_watch) << at_step(step, error);
                }
                expect_nothing("detach after " + at_step(step, error));
            }
            EXPECT_GT(step, 10u) << "there are more steps than that";
        }
    }
}

TEST_F(AttacherTest, AFailedExtensionChangesNothingAndCanBeRetried) {
    for (const int error : {EMFILE, ENOMEM, ENOENT, ESRCH}) {
        std::size_t step = 0;
        for (bool failed = true; failed && step < kMostSteps; ++step) {
            Result<Attachment> attachment = attacher_.attach(plan_, memory_);
            ASSERT_TRUE(attachment) << attachment.error().message();
            const auto rows = kernel_.rows();
            const auto probes = kernel_.probes();
            kernel_.fail(step, error);
            const Result<void> extended = attacher_.extend(*attachment, larger_, memory_);
            failed = kernel_.steps() > step;
            wait_until_closed();
            if (!extended) {
                EXPECT_EQ(kernel_.rows(), rows) << at_step(step, error);
                EXPECT_EQ(kernel_.probes(), probes) << at_step(step, error);
            }
            kernel_.fail(FakeKernel::kNever, 0);
            ASSERT_TRUE(attacher_.extend(*attachment, larger_, memory_)) << at_step(step, error);
            expect_complete(larger_, "again after " + at_step(step, error));
            EXPECT_FALSE(attachment->refused_watches()) << at_step(step, error);
        }
        EXPECT_GT(step, 5u) << "there are more steps than that";
    }
    expect_nothing("detach");
}

TEST_F(AttacherTest, AnAttributeWithTooLongANameIsRefused) {
    const std::string name(FT_NAME_SIZE, 'x');
    add_code(plan_, 0x3000, name);
    const Result<Attachment> attachment = attacher_.attach(plan_, memory_);
    ASSERT_FALSE(attachment);
    EXPECT_EQ(attachment.error().message(),
              "read attribute " + name + ": its name is too long (name one of at most 63 bytes)");
    expect_nothing("refused");
}

TEST_F(AttacherTest, MoreProbesThanThereAreCountersAreRefused) {
    const PlannedProbe probe = plan_.probes.front();
    plan_.probes.clear();
    for (int number = 0; number <= FT_MAX_PROBES; ++number) {
        plan_.probes.push_back(probe);
        plan_.probes.back().name = "point" + std::to_string(number) + ":exit";
    }
    const Result<Attachment> attachment = attacher_.attach(plan_, memory_);
    ASSERT_FALSE(attachment);
    EXPECT_THAT(attachment.error().message(),
                testing::MatchesRegex("count probe point[0-9]+:exit: all profiles together have had too many "
                                      "different probes since the start \\(restart flowtap\\)"));
    expect_nothing("refused");
}

TEST_F(AttacherTest, AFileThatWasReplacedSinceItWasAnalysedGetsNoProbe) {
    replace_file();
    const Result<Attachment> attachment = attacher_.attach(plan_, memory_);
    ASSERT_FALSE(attachment);
    EXPECT_EQ(
        attachment.error().message(),
        "attach uprobe node:exit in process 4242: its file " + file_ +
            " is not the analysed version: it was changed or replaced meanwhile (flowtap analyses it again "
            "at the next attempt)");
    expect_nothing("refused");
}

TEST_F(AttacherTest, AFileThatWasWrittenToSinceItWasAnalysedGetsNoProbe) {
    for (PlannedProbe& probe : plan_.probes) probe.code.file.modified_ns -= 1;
    EXPECT_FALSE(attacher_.attach(plan_, memory_));
    expect_nothing("refused");
}

// Whenever it happens: probes are in the file that was analysed, or nowhere.
TEST_F(AttacherTest, AFileThatIsReplacedMeanwhileGetsNoProbe) {
    const ino_t analysed = inode();
    std::size_t attached = 0;
    std::size_t step = 0;
    for (bool replaced = true; replaced && step < kMostSteps; ++step) {
        replaced = false;
        kernel_.fail(FakeKernel::kNever, 0);
        kernel_.before_each_step([&](std::size_t number) {
            if (number != step) return;
            std::filesystem::rename(file_, file_ + ".old");
            write(file_, 2);
            replaced = true;
        });
        {
            const Result<Attachment> attachment = attacher_.attach(plan_, memory_);
            attached += attachment.has_value();
            for (const auto& probe : kernel_.probes()) EXPECT_EQ(probe.inode, analysed) << step;
        }
        expect_nothing("step " + std::to_string(step));
        if (replaced) std::filesystem::rename(file_ + ".old", file_);
        // Renaming is a change of the file's identity.
        for (PlannedProbe& probe : plan_.probes) probe.code.file = *FileIdentity::at(file_);
    }
    EXPECT_GT(attached, 1u) << "also where the file was open by then";
    EXPECT_LT(attached, step) << "not where it was not";
}

// As dlclose() and dlopen() of another version do it: other code in memory, from another file, at any moment.
TEST_F(AttacherTest, CodeThatIsExchangedMeanwhileKeepsNoProbe) {
    const ino_t analysed = inode();
    write(directory_ + "/other", 2);
    const ino_t other = FileIdentity::at(directory_ + "/other")->inode;
    std::size_t step = 0;
    for (bool exchanged = true; exchanged && step < kMostSteps; ++step) {
        exchanged = false;
        kernel_.fail(FakeKernel::kNever, 0);
        kernel_.before_each_step([&](std::size_t number) {
            if (number != step) return;
            memory_.map(other, code_of(2));
            exchanged = true;
        });
        {
            const Result<Attachment> attachment = attacher_.attach(plan_, memory_);
            EXPECT_EQ(attachment.has_value(), !exchanged) << step;
            for (const auto& probe : kernel_.probes()) EXPECT_EQ(probe.inode, analysed) << step;
        }
        expect_nothing("step " + std::to_string(step));
        memory_.map(analysed, code_of(1));
    }
    EXPECT_GT(step, 10u) << "there are more steps than that";
}

TEST_F(AttacherTest, MemoryThatCannotBeReadGetsNoProbe) {
    memory_.map(inode(), {});
    const Result<Attachment> attachment = attacher_.attach(plan_, memory_);
    ASSERT_FALSE(attachment);
    EXPECT_EQ(attachment.error().kind, Error::Kind::kNoTarget);
    expect_nothing("refused");
}

TEST_F(AttacherTest, AFullTableIsNamed) {
    kernel_.limit(Table::kTargets, 0);
    const Result<Attachment> attachment = attacher_.attach(plan_, memory_);
    ASSERT_FALSE(attachment);
    EXPECT_THAT(attachment.error().message(), HasSubstr("process 4242: table `targets`"));
    EXPECT_THAT(attachment.error().message(), HasSubstr("full: 1024 entries"));
    EXPECT_FALSE(attachment.error().remedy.empty());
}

TEST_F(AttacherTest, MoreProcessesThanThereCanBeAreRefused) {
    Attacher attacher{kernel_, {.targets = 1}};
    const Result<Attachment> first = attacher.attach(plan_, memory_);
    ASSERT_TRUE(first) << first.error().message();
    const Result<Attachment> second = attacher.attach(plan_, memory_);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().message(),
              "attach to process 4242: 1 processes are attached to, which is the maximum (select fewer with "
              "--match or --pid)");
}

TEST_F(AttacherTest, MoreProbeSitesThanThereCanBeAreRefused) {
    Attacher attacher{kernel_, {.sites = 2}};
    const Result<Attachment> attachment = attacher.attach(plan_, memory_);
    ASSERT_FALSE(attachment);
    EXPECT_THAT(
        attachment.error().message(),
        AllOf(StartsWith("attach uprobe node:"),
              HasSubstr(": all targets together have 2 probe sites, which is the maximum (observe fewer "
                        "processes or fewer points)")));
    expect_nothing("refused");
}

TEST_F(AttacherTest, AProcessGetsAShareOfATableAndNoMore) {
    plan_.codes.clear();
    for (std::uint64_t i = 0; i < FT_MAX_CODES / 8; ++i) add_code(plan_, 0x100000 + 64 * i, "node_id");
    {
        const Result<Attachment> attachment = attacher_.attach(plan_, memory_);
        ASSERT_TRUE(attachment) << attachment.error().message();
    }
    add_code(plan_, 0x1000, "node_id");
    const Result<Attachment> attachment = attacher_.attach(plan_, memory_);
    ASSERT_FALSE(attachment);
    EXPECT_THAT(attachment.error().message(), HasSubstr("process 4242"));
    EXPECT_THAT(attachment.error().message(),
                HasSubstr("8192 entries that one process may have in table `codes`"));
    EXPECT_FALSE(attachment.error().remedy.empty());
    expect_nothing("refused");
}

TEST_F(AttacherTest, ReadsOfNativeProbesAreFreedWithTheProcess) {
    for (std::uint64_t start = 1; start <= FT_MAX_READS + 10; ++start) {
        reads_of(plan_.probes[2]).node_id.constant =
            start;  // as of a program that is loaded elsewhere each time
        const Result<Attachment> attachment = attacher_.attach(plan_, memory_);
        ASSERT_TRUE(attachment) << start << ": " << attachment.error().message();
    }
}

// What no plan can tell is where the kernel would put it: nothing is attached at the start of the file
// instead.
TEST_F(AttacherTest, AProbeThatLiesInNoSegmentOfItsFileIsRefused) {
    plan_.probes[1].file_offset = 0;
    plan_.probes[1].code = AnalysedCode{};
    const Result<Attachment> attachment = attacher_.attach(plan_, memory_);
    ASSERT_FALSE(attachment);
    EXPECT_THAT(attachment.error().message(), HasSubstr("could not be read"));
    expect_nothing("refused");
}

// Every number that an attach takes is given back where it fails, at whatever step.
TEST_F(AttacherTest, FailedAttachesUseUpNothing) {
    kernel_.fail(FakeKernel::kNever, 0);
    ASSERT_TRUE(attacher_.attach(plan_, memory_));
    const std::size_t steps = kernel_.steps();
    wait_until_closed();
    for (std::uint64_t start = 1; start <= FT_MAX_NUMBERED / 3 + 10; ++start) {
        reads_of(plan_.probes[2]).node_id.constant = start;
        kernel_.fail(start % steps, ENOMEM);
        ASSERT_FALSE(attacher_.attach(plan_, memory_)) << start;
    }
    kernel_.fail(FakeKernel::kNever, 0);
    const Result<Attachment> attachment = attacher_.attach(plan_, memory_);
    ASSERT_TRUE(attachment) << attachment.error().message();
    expect_complete(plan_, "attach");
}

TEST_F(AttacherTest, AnExtensionBeyondTheShareChangesNothing) {
    Result<Attachment> attachment = attacher_.attach(plan_, memory_);
    ASSERT_TRUE(attachment) << attachment.error().message();
    const auto rows = kernel_.rows();
    const auto probes = kernel_.probes();
    Plan hostile = larger_;
    for (std::uint64_t i = 0; i < FT_MAX_CODES / 8; ++i) add_code(hostile, 0x100000 + 64 * i, "node_id");
    const Result<void> extended = attacher_.extend(*attachment, hostile, memory_);
    ASSERT_FALSE(extended);
    EXPECT_THAT(extended.error().message(), HasSubstr("process 4242"));
    EXPECT_THAT(extended.error().message(), HasSubstr("table `codes`"));
    wait_until_closed();
    EXPECT_EQ(kernel_.rows(), rows);
    EXPECT_EQ(kernel_.probes(), probes);
    ASSERT_TRUE(attacher_.extend(*attachment, larger_, memory_));
}

TEST_F(AttacherTest, ReadsOfNativeProbesStayWithinTheShare) {
    for (std::uint64_t i = 1; i <= FT_MAX_READS / 8 + 1; ++i) {
        plan_.probes.push_back(plan_.probes[2]);
        reads_of(plan_.probes.back()).node_id.constant = 1000 + i;
    }
    const Result<Attachment> attachment = attacher_.attach(plan_, memory_);
    ASSERT_FALSE(attachment);
    EXPECT_THAT(attachment.error().message(),
                HasSubstr("512 entries that one process may have in table `reads`"));
    expect_nothing("refused");
}

// A library that is built anew and loaded again, and again.
TEST_F(AttacherTest, UnloadedLibrariesLeaveNothing) {
    Result<Attachment> attachment = attacher_.attach(plan_, memory_);
    ASSERT_TRUE(attachment) << attachment.error().message();
    const auto rows = kernel_.rows();
    Plan plugged = plan_;
    const std::string plugin = directory_ + "/plugin";
    for (unsigned version = 1; version <= 3; ++version) {
        write(plugin + ".new", 1);
        std::filesystem::rename(plugin + ".new", plugin);
        plugged = plan_;
        add_probe(plugged, "plugin:exit", FunctionExit{}, 0x500);
        add_probe(plugged, "plugin:entry", FunctionEntry{}, 0x540);
        for (PlannedProbe* probe : {&plugged.probes[plan_.probes.size()], &plugged.probes.back()}) {
            probe->file = plugin;
            probe->code.file = *FileIdentity::at(plugin);
        }
        reads_of(plugged.probes.back()).node_id.constant = 100 + version;
        const ino_t second = FileIdentity::at(plugin)->inode;
        memory_.map_second(second);
        const Result<void> extended = attacher_.extend(*attachment, plugged, memory_);
        ASSERT_TRUE(extended) << extended.error().message();
        wait_until_closed();
        EXPECT_EQ(kernel_.probes().size(), plan_.probes.size() + 2);
        EXPECT_EQ(kernel_.count(Table::kSites), plugged.probes.size() - 1) << "one is a landing";
    }
    memory_.map_second(0);
    ASSERT_TRUE(attacher_.extend(*attachment, plan_, memory_));
    wait_until_closed();
    EXPECT_EQ(kernel_.rows(), rows);
    for (const auto& probe : kernel_.probes()) EXPECT_EQ(probe.inode, inode());
}

// Engines tell names of numbers; one that tells others at each start must not make the collector grow.
TEST_F(AttacherTest, PointNumbersAreFreedWithTheLastProcess) {
    std::set<std::uint32_t> numbers;
    PlannedPoint point = plan_.points.front();
    for (std::int64_t start = 0; start < 10'000; ++start) {
        point.node_names = {{start, "name"}};
        numbers.insert(*attacher_.point_number(point));
    }
    EXPECT_LE(numbers.size(), 4096u);
}

TEST_F(AttacherTest, ACopyIsRestoredFromAFileThatWasUnlinkedSince) {
    std::filesystem::create_hard_link(file_, file_ + ".mapped");
    for (PlannedProbe& probe : plan_.probes) probe.file = file_ + ".mapped";
    std::filesystem::remove(file_);
    std::size_t linked = 0;
    kernel_.before_each_step([&](std::size_t) { linked = std::max(linked, kernel_.probes().size()); });
    attacher_.restore_copy(kPid, plan_);
    wait_until_closed();
    EXPECT_GT(linked, 0u);
    EXPECT_THAT(kernel_.probes(), IsEmpty());
}

}  // namespace
}  // namespace flowtap::attacher_test
