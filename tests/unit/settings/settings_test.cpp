// SPDX-License-Identifier: Apache-2.0
#include "settings/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "files.h"

namespace flowtap::settings_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Given = std::map<std::string, std::vector<std::string>>;

class LoadedSettings : public testing::Test {
protected:
    RunArguments arguments(const std::string& config, Given given) {
        RunArguments arguments;
        arguments.given = std::move(given);
        if (!config.empty()) arguments.config = files_.put("config.yaml", config);
        return arguments;
    }
    RunOptions options(const std::string& config, Given given) {
        const Result<Settings> settings = load_settings(arguments(config, std::move(given)));
        if (settings) return settings->options;
        ADD_FAILURE() << settings.error().message();
        return {};
    }
    // A line each.
    std::vector<std::string> errors(const std::string& config, Given given) {
        const Result<Settings> settings = load_settings(arguments(config, std::move(given)));
        if (settings) return {};
        EXPECT_EQ(settings.error().kind, Error::Kind::kUsage);
        return lines_of(settings.error());
    }

    Files files_;
};

TEST_F(LoadedSettings, HaveDefaults) {
    const RunOptions found = options("", {{"pid", {"10"}}});
    EXPECT_THAT(found.matches, IsEmpty());
    EXPECT_THAT(found.profiles, IsEmpty());
    EXPECT_FALSE(found.all);
    EXPECT_EQ(found.listen, (ListenAddress{"0.0.0.0", 9847}));
}

TEST_F(LoadedSettings, TakeFromTheFileWhatTheCommandLineDoesNotSay) {
    const RunOptions found = options("pid: 10\nlisten: 127.0.0.1:80\n", {{"match", {"a"}}});
    EXPECT_THAT(found.pids, ElementsAre(10));
    EXPECT_THAT(found.matches, ElementsAre("a"));
    EXPECT_EQ(found.listen, (ListenAddress{"127.0.0.1", 80}));
}

TEST_F(LoadedSettings, TakeTheCommandLineBeforeTheFile) {
    const RunOptions found = options("pid: [10, 11]\nmatch: a\nlisten: 127.0.0.1:80\n",
                                     {{"pid", {"12"}}, {"match", {"b", "c"}}, {"listen", {":81"}}});
    EXPECT_THAT(found.pids, ElementsAre(12));
    EXPECT_THAT(found.matches, ElementsAre("b", "c"));
    EXPECT_EQ(found.listen, (ListenAddress{"0.0.0.0", 81}));
}

TEST_F(LoadedSettings, TakeTheCommandLineBeforeTheFileWhereItAsksForTheDefault) {
    EXPECT_EQ(options("all: true\nlisten: 127.0.0.1:80\n", {{"listen", {"0.0.0.0:9847"}}}).listen,
              ListenAddress{});
}

TEST_F(LoadedSettings, NeedATargetUnlessOnlyChecked) {
    EXPECT_TRUE(options("all: true\n", {}).all);
    EXPECT_THAT(
        errors("all: false\n", {}),
        ElementsAre("read command line: no target is selected (give --pid N, --match REGEX or --all)"));
    RunArguments checked = arguments("all: false\n", {});
    checked.check_only = true;
    EXPECT_TRUE(load_settings(checked));
}

TEST_F(LoadedSettings, AreRefusedWithAllThatIsWrongAnywhere) {
    files_.put("p.yaml", "profile: p\nruntime: fly\n");
    const std::vector<std::string> lines =
        errors("pid: x\nfly: 1\nprofile: p.yaml\n", {{"listen", {"nowhere"}}, {"match", {"("}}});
    EXPECT_THAT(lines, ElementsAre(HasSubstr("read --listen \"nowhere\""), HasSubstr("read --match \"(\""),
                                   HasSubstr("config.yaml:1"), HasSubstr("config.yaml:2"),
                                   HasSubstr(files_.path("p.yaml") + ":2")));
}

TEST_F(LoadedSettings, OfTheCommandLineAreCheckedByType) {
    for (const Given& wrong :
         std::initializer_list<Given>{{{"pid", {"ten"}}},
                                      {{"pid", {"-1"}}},
                                      {{"pid", {"99999999999999999999"}}},
                                      {{"pid", {""}}},
                                      {{"all", {"true"}}, {"listen", {"0.0.0.0:99999"}}},
                                      {{"all", {"true"}}, {"profile", {"/absent.yaml"}}}})
        EXPECT_EQ(errors("", wrong).size(), 1U);
    EXPECT_EQ(errors("", {{"pid", {"10"}}}).size(), 0U);
}

TEST_F(LoadedSettings, OfTheCommandLineThatAreWrongNameTheValidValues) {
    struct Wrong {
        const char* option;
        const char* value;
        const char* message;  // after the option and its value
    };
    constexpr Wrong kWrong[] = {
        {"pid", "0", "not a process ID (give a positive number)"},
        {"prefer", "best", "neither complete nor cheap (give one of them)"},
        {"max-overhead", "-1", "not a percentage (give a number above 0, at most 1000, or off)"},
        {"events-buffer", "5000", "not a power of two from 4KiB to 256MiB (write, for example, 8MiB)"},
        {"max-open-executions", "15", "not a number from 16 to 1000000 (write, for example, 65536)"},
        {"buckets", "a,b", "not a list of numbers (write seconds, such as 0.01,0.1,1)"},
        {"latency-quantiles", "99", "not a list of numbers from 0 to 1 (write, for example, 0.5,0.99)"},
        {"target_labels", "pid,pid",
         "not a list of different target labels (choose from pid, exe, container, pod, namespace, node)"},
        {"native-histograms", "9", "no such schema (write -4 to 8, or off)"},
        {"series-expiry", "1w", "not a time of at most ten years (write 90s, 30m, 1h or 2d; 0 for never)"},
        {"series-limit", "0", "not a number from 1 to 1000000 (write, for example, 10000)"},
        {"kubernetes-node", "", "not the name of a node (write it as kubectl get nodes does)"},
        {"kubernetes-credentials", "", "not a directory (name the one that has token and ca.crt)"},
    };
    for (const auto& [option, value, message] : kWrong) {
        EXPECT_THAT(errors("all: true\n", {{option, {value}}}),
                    ElementsAre("read --" + std::string(option) + " \"" + value + "\": " + message));
    }
}

TEST_F(LoadedSettings, ThatCannotChangeAreNamed) {
    const RunOptions running;
    RunOptions wanted;
    wanted.pids = {1};
    wanted.all = true;
    EXPECT_THAT(fixed_changes(running, wanted), IsEmpty());
    wanted.listen.port = 1;
    EXPECT_THAT(fixed_changes(running, wanted), ElementsAre(testing::StrEq("listen")));
}

TEST_F(LoadedSettings, NameTheClusterOnlyWhereItIsAsked) {
    const RunOptions plain = options("", {{"pid", {"10"}}});
    EXPECT_FALSE(plain.kubernetes_api);
    EXPECT_EQ(plain.kubernetes_node, "");
    EXPECT_EQ(plain.kubernetes_credentials, "/var/run/secrets/kubernetes.io/serviceaccount");
    const RunOptions asked = options(
        "pid: 10\ntarget_labels: namespace\nkubernetes-api: true\nkubernetes-node: worker-7\n"
        "kubernetes-credentials: secrets\n",
        {});
    EXPECT_TRUE(asked.kubernetes_api);
    EXPECT_EQ(asked.kubernetes_node, "worker-7");
    EXPECT_EQ(asked.kubernetes_credentials, files_.path("secrets"));
}

TEST_F(LoadedSettings, NeedLabelsThatTheApiServerFills) {
    EXPECT_THAT(errors("pid: 10\nkubernetes-api: true\n", {}),
                ElementsAre(HasSubstr("add target_labels: [namespace, pod]")));
    EXPECT_THAT(errors("pid: 10\ntarget_labels: [pid, node]\n", {{"kubernetes-api", {"true"}}}),
                ElementsAre(HasSubstr("kubernetes-api is for the labels pod and namespace")));
    EXPECT_THAT(errors("pid: 10\n", {{"kubernetes-node", {"Not A Node"}}}),
                ElementsAre(HasSubstr("not the name of a node")));
}

}  // namespace
}  // namespace flowtap::settings_test
