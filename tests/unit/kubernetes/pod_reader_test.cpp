// SPDX-License-Identifier: Apache-2.0
#include "kubernetes/pod_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kubernetes/pod_table.h"

namespace flowtap::pod_reader_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string kUid = "0f3c2b1a-9d8e-4c7b-a6f5-1e2d3c4b5a69";
const std::string kHash(32, 'e');

std::string metadata(const std::string& name, const std::string& more = "") {
    return R"({"name":")" + name + R"(","namespace":"team-a","uid":")" + kUid + R"(","resourceVersion":"7")" +
           more + "}";
}

std::string item(const std::string& name, const std::string& more = "") {
    return R"({"metadata":)" + metadata(name, more) + "}";
}

std::string list_of(const std::string& items, const std::string& kind = "PodList") {
    return R"({"kind":")" + kind + R"(","metadata":{"resourceVersion":"42"},"items":[)" + items + "]}";
}

std::string event(const std::string& type, const std::string& object) {
    return R"({"type":")" + type + R"(","object":)" + object + "}";
}

std::string cause_of(const Result<PodList>& list) { return list ? "" : list.error().cause; }
std::string cause_of(const Result<PodEvent>& event) { return event ? "" : event.error().cause; }

TEST(PodList, NamesItsPodsAndItsVersion) {
    const Result<PodList> list = read_pod_list(list_of(item("worker-0") + "," + item("worker-1")));
    ASSERT_TRUE(list) << list.error().message();
    EXPECT_THAT(list->pods,
                ElementsAre(Pod{kUid, {"team-a", "worker-0"}}, Pod{kUid, {"team-a", "worker-1"}}));
    EXPECT_EQ(list->resource_version, "42");
}

TEST(PodList, MayBeOfMetadataOnlyAndEmpty) {
    const Result<PodList> list = read_pod_list(list_of("", "PartialObjectMetadataList"));
    ASSERT_TRUE(list) << list.error().message();
    EXPECT_TRUE(list->pods.empty());
    const Result<PodList> null =
        read_pod_list(R"({"kind":"PodList","metadata":{"resourceVersion":"1"},"items":null})");
    ASSERT_TRUE(null) << null.error().message();
    EXPECT_TRUE(null->pods.empty());
}

// Owners and volumes have names and UIDs too.
TEST(PodList, TakesNothingFromDeeperDown) {
    const std::string whole =
        R"({"spec":{"metadata":{"name":"other","uid":"x"},"nodeName":"n"},"metadata":)" +
        metadata("worker-0", R"(,"ownerReferences":[{"name":"set","uid":"y"}],"labels":{"name":"l"})") +
        R"(,"status":{"name":"z","containerStatuses":[{"name":"c","containerID":"containerd://1"}]}})";
    const Result<PodList> list = read_pod_list(list_of(whole));
    ASSERT_TRUE(list) << list.error().message();
    EXPECT_THAT(list->pods, ElementsAre(Pod{kUid, {"team-a", "worker-0"}}));
}

TEST(PodList, NamesAStaticPodByItsHash) {
    const auto with_annotation = [](const std::string& value) {
        return read_pod_list(
            list_of(item("etcd-n1", R"(,"annotations":{"kubernetes.io/config.mirror":")" + value + "\"}")));
    };
    EXPECT_EQ(with_annotation(kHash)->pods.at(0).uid, kHash);
    EXPECT_EQ(with_annotation("11111111-2222-3333-4444-555555555555")->pods.at(0).uid, kUid)
        << "nobody takes another pod's place";
}

TEST(PodList, RefusesOtherDocuments) {
    for (const std::string& text :
         {std::string(), std::string("garbage"), std::string("{}"), std::string("[]"), list_of("", "Status"),
          list_of(item("worker-0")).substr(0, 100), list_of("{}"), list_of(item("Not_A_Name")),
          list_of(item(std::string(254, 'a'))), std::string(R"({"kind":"PodList","items":[]})"),
          list_of("\xff"), std::string(1 << 20, '['), std::string("{\"a\":") + std::string(1 << 20, '{')}) {
        EXPECT_NE(cause_of(read_pod_list(text)), "") << text.substr(0, 120);
    }
}

TEST(PodList, IsRefusedWhereANodeCannotHaveSoMany) {
    std::string items = item("worker-0");
    for (std::size_t i = 1; i < PodTable::kMost; ++i) items += "," + item("worker-0");
    EXPECT_EQ(cause_of(read_pod_list(list_of(items))), "");
    EXPECT_THAT(cause_of(read_pod_list(list_of(items + "," + item("worker-0")))), HasSubstr("too many"));
}

TEST(PodEvent, TellsWhatBecameOfAPod) {
    for (const char* type : {"ADDED", "MODIFIED"}) {
        const Result<PodEvent> put = read_pod_event(event(type, item("worker-0")));
        ASSERT_TRUE(put) << put.error().message();
        EXPECT_EQ(put->kind, PodEvent::Kind::kPut);
        EXPECT_EQ(put->pod, (Pod{kUid, {"team-a", "worker-0"}}));
        EXPECT_EQ(put->resource_version, "7");
    }
    const Result<PodEvent> removed = read_pod_event(event("DELETED", item("worker-0")));
    ASSERT_TRUE(removed) << removed.error().message();
    EXPECT_EQ(removed->kind, PodEvent::Kind::kRemove);
    EXPECT_EQ(removed->pod.uid, kUid);
}

TEST(PodEvent, OfAnotherTypeOrWithoutAPodSaysSo) {
    EXPECT_EQ(cause_of(read_pod_event(R"({"type":"RENAMED","object":{"metadata":{"resourceVersion":"1"}}})")),
              "an event of no known type");
    EXPECT_EQ(cause_of(read_pod_event(R"({"type":"ADDED","object":{"metadata":{"resourceVersion":"1"}}})")),
              "a pod without uid, name or namespace");
    EXPECT_EQ(cause_of(read_pod_event(event("BOOKMARK", R"({"metadata":{"resourceVersion":""}})"))),
              "an event without resourceVersion");
}

TEST(PodEvent, MayBringAVersionOnly) {
    const Result<PodEvent> bookmark =
        read_pod_event(event("BOOKMARK", R"({"kind":"Pod","metadata":{"resourceVersion":"99"}})"));
    ASSERT_TRUE(bookmark) << bookmark.error().message();
    EXPECT_EQ(bookmark->kind, PodEvent::Kind::kBookmark);
    EXPECT_EQ(bookmark->resource_version, "99");
}

TEST(PodEvent, MaySayThatTheVersionIsTooOld) {
    const Result<PodEvent> expired = read_pod_event(event("ERROR", R"({"kind":"Status","code":410})"));
    ASSERT_TRUE(expired) << expired.error().message();
    EXPECT_EQ(expired->kind, PodEvent::Kind::kExpired);
}

TEST(PodEvent, RefusesOtherDocuments) {
    for (const std::string& text :
         {std::string("garbage"), std::string("{}"), event("ADDED", "{}"), event("ADDED", "null"),
          event("ERROR", R"({"code":500})"), event("GROWN", item("worker-0")),
          event("BOOKMARK", R"({"metadata":{"resourceVersion":""}})"),
          event("DELETED", R"({"metadata":{"resourceVersion":"1","name":"a","namespace":"b"}})")}) {
        EXPECT_NE(cause_of(read_pod_event(text)), "") << text;
    }
}

}  // namespace
}  // namespace flowtap::pod_reader_test
