// SPDX-License-Identifier: Apache-2.0
#include "log/log_sink.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>

#include "base/fd.h"

namespace flowtap::log_sink_test {
namespace {

enum class Reader { kPipe, kSocket };

// A log and who may read it. The sink writes to a descriptor that others share: it stays a blocking one.
class LogSinkTest : public testing::TestWithParam<Reader> {
protected:
    void SetUp() override {
        std::signal(SIGPIPE, SIG_IGN);
        std::array<int, 2> ends = {};
        if (GetParam() == Reader::kPipe) {
            ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
        } else {
            ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
        }
        reading_ = Fd(ends[0]);
        writing_ = Fd(ends[1]);
        ::fcntl(reading_.get(), F_SETFL, O_NONBLOCK);
    }
    void TearDown() override {
        EXPECT_EQ(::fcntl(writing_.get(), F_GETFL) & O_NONBLOCK, 0);
        std::signal(SIGPIPE, SIG_DFL);
    }

    std::string read_all() {
        std::string text;
        std::array<char, 4096> buffer = {};
        ssize_t count = 0;
        while ((count = ::read(reading_.get(), buffer.data(), buffer.size())) > 0)
            text.append(buffer.data(), static_cast<std::size_t>(count));
        return text;
    }
    // Reads and flushes until nothing more comes.
    std::string read_what_waits(LogSink& log) {
        std::string text;
        for (std::string some = read_all(); !some.empty(); some = read_all()) {
            text += some;
            log.flush();
        }
        return text;
    }

    Fd reading_;
    Fd writing_;
};

INSTANTIATE_TEST_SUITE_P(, LogSinkTest, testing::Values(Reader::kPipe, Reader::kSocket),
                         [](const auto& tested) {
                             return tested.param == Reader::kPipe ? "OfAPipe" : "OfASocket";
                         });

std::string numbered(int line) { return "line " + std::to_string(line) + std::string(500, '.'); }

TEST_P(LogSinkTest, LinesArriveInTheirOrderWithTheirPrefix) {
    LogSink log(writing_.get());
    log.write("one");
    log.write("two \x1b[2J\nflowtap: forged");
    EXPECT_EQ(read_all(), "flowtap: one\nflowtap: two ?[2J?flowtap: forged\n");
    EXPECT_EQ(log.dropped(), 0U);
}

TEST_P(LogSinkTest, DroppedLinesAreCountedAndLoggedOnceReadAgain) {
    LogSink log(writing_.get());
    constexpr int kLines = 5000;
    for (int line = 0; line < kLines; ++line) log.write(numbered(line));
    const std::uint64_t dropped = log.dropped();
    ASSERT_GT(dropped, 0U);
    ASSERT_LT(dropped, kLines);

    std::string expected;
    for (int line = 0; line < kLines - static_cast<int>(dropped); ++line)
        expected += "flowtap: " + numbered(line) + "\n";
    expected += "flowtap: log: dropped " + std::to_string(dropped) + " lines that nobody read in time\n";
    EXPECT_TRUE(read_what_waits(log) == expected);

    log.write("and on");
    EXPECT_EQ(read_all(), "flowtap: and on\n");
    EXPECT_EQ(log.dropped(), dropped);
}

TEST_P(LogSinkTest, AGapIsLoggedBeforeLaterLines) {
    LogSink log(writing_.get());
    for (int line = 0; line < 5000; ++line) log.write(numbered(line));
    const std::uint64_t dropped = log.dropped();
    std::string first = read_all();
    log.write("before the gap was told");  // there is room for it now, but not for all that waits
    const std::string text = first + read_what_waits(log);
    EXPECT_EQ(text.find("before the gap was told"), std::string::npos);
    EXPECT_NE(text.find("dropped " + std::to_string(dropped + 1) + " lines"), std::string::npos);
}

TEST_P(LogSinkTest, AClosedReaderLosesLinesOnly) {
    LogSink log(writing_.get());
    reading_ = Fd();
    for (int line = 0; line < 10; ++line) log.write("unread");
    EXPECT_EQ(log.dropped(), 10U);
}

TEST_P(LogSinkTest, WaitingLinesAreWrittenAtTheEnd) {
    std::string expected;
    std::string got;
    {
        LogSink log(writing_.get());
        // More than a pipe holds, which is 64 KiB.
        for (int line = 0; expected.size() < 90'000; ++line) {
            log.write(numbered(line));
            expected += "flowtap: " + numbered(line) + "\n";
        }
        got = read_all();
        EXPECT_EQ(log.dropped(), 0U);
    }
    EXPECT_TRUE(got + read_all() == expected);
}

}  // namespace
}  // namespace flowtap::log_sink_test
