// SPDX-License-Identifier: Apache-2.0
#include "profile/same_meaning.h"

#include <algorithm>

namespace flowtap {
namespace {

Point without_lines(Point point) {
    point.line = 0;
    for (CallerContext& caller : point.callers) caller.line = 0;
    for (Carrier& carrier : point.carriers) carrier.line = 0;
    return point;
}

}  // namespace

bool same_meaning(const Point& left, const Point& right) {
    return without_lines(left) == without_lines(right);
}

bool same_profile(const Profile& left, const Profile& right) {
    return left.name == right.name && left.source == right.source && left.runtime == right.runtime &&
           left.modules == right.modules && left.binaries == right.binaries &&
           left.made_up_names == right.made_up_names && left.expected_hits == right.expected_hits &&
           std::ranges::equal(left.points, right.points, same_meaning);
}

}  // namespace flowtap
