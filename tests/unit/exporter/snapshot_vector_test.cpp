// SPDX-License-Identifier: Apache-2.0
#include "exporter/metrics/snapshot_vector.h"

#include <gtest/gtest.h>

#include <random>

namespace flowtap::snapshot_vector_test {
namespace {

using Vector = SnapshotVector<int, 2, 3>;

TEST(SnapshotVector, HoldsWhatWasPutIntoIt) {
    Vector vector;
    for (int i = 0; i < 20; ++i) vector.edit(vector.add()) = i;
    ASSERT_EQ(vector.size(), 20U);
    for (std::size_t i = 0; i < 20; ++i) EXPECT_EQ(vector[i], static_cast<int>(i));
}

TEST(SnapshotVector, ASnapshotIsNotChangedByLaterEdits) {
    Vector vector;
    for (int i = 0; i < 7; ++i) vector.edit(vector.add()) = i;
    const Vector::Snapshot before = vector.snapshot();
    vector.edit(3) = 100;
    vector.edit(vector.add()) = 7;
    EXPECT_EQ(before.size(), 7U);
    EXPECT_EQ(before[3], 3);
    EXPECT_EQ(vector[3], 100);
    EXPECT_EQ(vector[7], 7);
}

// Against copies of a plain vector, through any order of edits and snapshots.
TEST(SnapshotVector, EachSnapshotIsTheContentOfItsMoment) {
    std::mt19937 random(1);
    Vector vector;
    std::vector<int> plain;
    std::vector<std::pair<Vector::Snapshot, std::vector<int>>> kept;
    for (int step = 0; step < 3000; ++step) {
        const auto what = random() % 10;
        if (what == 0) {
            vector.edit(vector.add()) = step;
            plain.push_back(step);
        } else if (what == 1) {
            kept.emplace_back(vector.snapshot(), plain);
            if (kept.size() > 5) kept.erase(kept.begin());
        } else if (!plain.empty()) {
            const auto index = random() % plain.size();
            vector.edit(index) = step;
            plain[index] = step;
        }
        for (const auto& [snapshot, content] : kept) {
            ASSERT_EQ(snapshot.size(), content.size());
            if (content.empty()) continue;
            const auto index = random() % content.size();
            ASSERT_EQ(snapshot[index], content[index]);
        }
    }
}

}  // namespace
}  // namespace flowtap::snapshot_vector_test
