// SPDX-License-Identifier: Apache-2.0
// Native programs whose file is not what it was when it was built, or when it was started.
#include <elf.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "flowtap_daemon.h"
#include "paths.h"
#include "system_test.h"
#include "temporary_directory.h"
#include "workload.h"

namespace flowtap::system_test::binaries_test {
namespace {

namespace fs = std::filesystem;

class BinariesTest : public SystemTest {
protected:
    // Where a profile for engine_c finds it: the name counts.
    [[nodiscard]] fs::path copy() const {
        fs::copy_file(kEngineC, directory_ / "engine_c");
        return directory_ / "engine_c";
    }

    // Of engine_c alone: a binary that is not mapped yet might be loaded later.
    [[nodiscard]] std::vector<std::string> watch(const Workload& workload) const {
        std::ifstream all(kEngineCProfile);
        std::string text{std::istreambuf_iterator<char>(all), std::istreambuf_iterator<char>()};
        const std::string others = ", engine_c_O0";
        text.erase(text.find(others), others.size());
        std::ofstream(directory_ / "engine_c.yaml") << text;
        return {"--profile", directory_ / "engine_c.yaml", "--pid", workload.pid_text()};
    }

    void expect_no_symbols(const Workload& workload) const {
        std::vector<std::string> command = {kFlowtap, "run", "--listen", "127.0.0.1:0"};
        for (const std::string& option : watch(workload)) command.push_back(option);
        Child flowtap(command);
        EXPECT_EQ(flowtap.wait(), 2) << flowtap.errors();
        const std::string line = flowtap.errors();
        EXPECT_EQ(line.find('\n') + 1, line.size()) << line;
        EXPECT_NE(line.find("run_workflow"), std::string::npos) << line;
    }

    void expect_counted(Workload& workload) const {
        FlowtapDaemon flowtap(watch(workload));
        const Ledger ledger = workload.run_round();
        EXPECT_TRUE(agrees(flowtap.scrape_at_rest(), ledger));
        EXPECT_EQ(flowtap.stop(SIGTERM), 0);
        EXPECT_EQ(workload.leave(), 0);
    }

    TemporaryDirectory directory_;
};

TEST_F(BinariesTest, WithoutSymbolsAreRefused) {
    const fs::path program = copy();
    Child strip({kStrip, "--strip-all", program});
    ASSERT_EQ(strip.wait(), 0) << strip.errors();
    Workload workload({program});
    expect_no_symbols(workload);
    EXPECT_EQ(workload.leave(), 0);
}

// The section headers, and so the way to the symbols, are at the end of the file; the kernel needs none to
// run it.
TEST_F(BinariesTest, TruncatedAfterTheirCodeAreRefused) {
    const fs::path program = copy();
    Elf64_Ehdr header{};
    std::ifstream(program, std::ios::binary).read(reinterpret_cast<char*>(&header), sizeof header);
    fs::resize_file(program, header.e_shoff);
    Workload workload({program});
    expect_no_symbols(workload);
    EXPECT_EQ(workload.leave(), 0);
}

TEST_F(BinariesTest, DeletedSinceTheStartAreObserved) {
    const fs::path program = copy();
    Workload workload({program});
    fs::remove(program);
    expect_counted(workload);
}

// As an upgrade does: another file now has the name; the process runs the old one.
TEST_F(BinariesTest, ReplacedSinceTheStartAreObserved) {
    const fs::path program = copy();
    Workload workload({program});
    fs::copy_file(kEngineCUnoptimised, directory_ / "newer");
    fs::rename(directory_ / "newer", program);
    expect_counted(workload);
}

}  // namespace
}  // namespace flowtap::system_test::binaries_test
