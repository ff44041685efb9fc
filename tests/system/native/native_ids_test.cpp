// SPDX-License-Identifier: Apache-2.0
// Ids of native engines, wherever they are, in binaries as compilers and packagers make them. Everything is
// built here, by this machine's compilers.
#include <sys/wait.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <ostream>

#include "flowtap_daemon.h"
#include "paths.h"
#include "system_test.h"
#include "temporary_directory.h"
#include "workload.h"

namespace flowtap::system_test::native_ids_test {
namespace {

const std::string kByName = "engine_ids.yaml";
const std::string kByPosition = "engine_ids_by_position.yaml";

struct Build {
    const char* name;
    const char* compiler;
    const char* flags;
    // Shell commands on "$1", the program, in its directory.
    const char* afterwards = "";
    std::string profile = kByName;

    friend std::ostream& operator<<(std::ostream& out, const Build& build) { return out << build.name; }
};

// As Fedora's packages have it: the local symbols, compressed, in a section of the stripped file.
constexpr const char* kMiniDebugInfo = R"(objcopy --only-keep-debug "$1" mini &&
    objcopy --strip-debug mini && strip --strip-unneeded "$1" && xz -f mini &&
    objcopy --add-section .gnu_debugdata=mini.xz "$1")";

// As Debian's -dbgsym packages have it, with the link beside the program instead of the build ID's place.
constexpr const char* kDebugLink = R"(objcopy --only-keep-debug "$1" "$1.debug" && strip --strip-all "$1" &&
    objcopy --add-gnu-debuglink="$1.debug" "$1")";

const Build kBuilds[] = {
    {"gcc_O0", "g++", "-O0 -g"},
    {"gcc_O2", "g++", "-O2 -g"},
    {"gcc_O2_no_pie", "g++", "-O2 -g -no-pie"},
    {"gcc_O2_static", "g++", "-O2 -g -static"},
    {"gcc_O1_dwarf4_cet", "g++", "-O1 -gdwarf-4 -fcf-protection=full"},
    {"clang_O0", "clang++", "-O0 -g"},
    {"clang_O2", "clang++", "-O2 -g"},
    {"clang_O2_libcxx", "clang++", "-O2 -g -stdlib=libc++"},
    {"compressed_debug_sections", "g++", "-O2 -g -gz"},
    {"debug_file_by_link", "g++", "-O2 -g -Wl,--build-id=none", kDebugLink},
    {"debug_file_by_link_with_build_id", "clang++", "-O0 -g -Wl,--build-id", kDebugLink},
    {"symbols_only", "g++", "-O2 -g0", "", kByPosition},
    {"symbols_only_unoptimised", "clang++", "-O0 -g0", "", kByPosition},
    {"mini_debug_info", "g++", "-O2 -g0", kMiniDebugInfo, kByPosition},
};

int run(const std::string& command) {
    const int status = std::system(command.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::string missing_tool(const Build& build) {
    const std::string compiler = build.compiler;
    if (run("command -v " + compiler + " cc objcopy strip xz >/dev/null") != 0)
        return compiler + ", cc, objcopy, strip or xz";
    const bool libcxx = std::string(build.flags).find("libc++") != std::string::npos;
    const std::string probe =
        "echo '#include <string>' | " + compiler + " -stdlib=libc++ -x c++ -fsyntax-only - 2>/dev/null";
    return libcxx && run(probe) != 0 ? "libc++ (libc++-dev)" : std::string();
}

class NativeIds : public SystemTest, public testing::WithParamInterface<Build> {
protected:
    void SetUp() override {
        SystemTest::SetUp();
        if (IsSkipped()) return;
        const std::string missing = missing_tool(GetParam());
        if (!missing.empty()) GTEST_SKIP() << "missing: " << missing;
        build(GetParam());
    }

    void build(const Build& build) {
        program_ = directory_ / "engine_ids";
        const std::string sources = std::string(kTestsDirectory) + "/native/";
        const std::string objects =
            "cd " + directory_.text() + " && cc -O2 -c " + sources + "harness.c " + sources + "ledger.c";
        const std::string link = " && " + std::string(build.compiler) + " -w -std=c++20 -pthread " +
                                 build.flags + " -o engine_ids " + sources +
                                 "engine_ids.cpp harness.o ledger.o";
        ASSERT_EQ(run(objects + link), 0) << link;
        const std::string afterwards = build.afterwards;
        if (afterwards.empty()) return;
        ASSERT_EQ(run("cd " + directory_.text() + " && set -- engine_ids && " + afterwards), 0);
    }

    static std::string profile() { return std::string(kTestsDirectory) + "/native/" + GetParam().profile; }

    TemporaryDirectory directory_;
    std::filesystem::path program_;
};

TEST_P(NativeIds, AreThoseOfTheProgramsOwnLedger) {
    Workload workload({program_.string(), "--runs", "20", "--threads", "2"});
    FlowtapDaemon flowtap({"--profile", profile(), "--pid", workload.pid_text()});
    const Ledger ledger = workload.run_round();
    EXPECT_TRUE(agrees(flowtap.scrape_at_rest(), ledger));
    EXPECT_EQ(flowtap.stop(SIGTERM), 0);
    EXPECT_EQ(workload.leave(), 0);
}

INSTANTIATE_TEST_SUITE_P(Builds, NativeIds, testing::ValuesIn(kBuilds),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace flowtap::system_test::native_ids_test
