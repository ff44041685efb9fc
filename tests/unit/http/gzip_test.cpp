// SPDX-License-Identifier: Apache-2.0
#include "exporter/http/gzip.h"

#include <gtest/gtest.h>

#include "gunzip.h"

namespace flowtap::gzip_test {
namespace {

TEST(Gzip, ComesBackAsItWas) {
    std::string repetitive;
    for (int line = 0; line < 10'000; ++line)
        repetitive += "workflow_executions_total{status=\"started\"} 1\n";
    for (const std::string& text : {std::string(), std::string("x"), std::string("\0\xff", 2), repetitive}) {
        const auto packed = gzip(text);
        ASSERT_TRUE(packed);
        EXPECT_EQ(test::gunzip(*packed), text);
    }
    EXPECT_LT(gzip(repetitive)->size(), repetitive.size() / 20);
}

TEST(Gzip, IsSentOnlyToClientsThatAcceptIt) {
    for (const char* header : {"gzip", "GZIP", "x-gzip", "deflate, gzip", "gzip;q=0.5",
                               "br;q=1.0, gzip ; q=0.001", "*", "identity;q=0, *", "gzip;q=1"}) {
        EXPECT_TRUE(accepts_gzip(header)) << header;
    }
    for (const char* header : {"", "identity", "br", "gzip;q=0", "gzip; q=0.000", "*, gzip;q=0", "*;q=0",
                               "gzipped", ",,;", ";q=1", "notgzip"}) {
        EXPECT_FALSE(accepts_gzip(header)) << header;
    }
}

}  // namespace
}  // namespace flowtap::gzip_test
