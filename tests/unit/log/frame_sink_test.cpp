// SPDX-License-Identifier: Apache-2.0
#include "log/frame_sink.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "base/fd.h"

namespace flowtap::frame_sink_test {
namespace {

class FrameSinkTest : public testing::Test {
protected:
    FrameSinkTest() {
        std::signal(SIGPIPE, SIG_IGN);
        std::array<int, 2> ends = {};
        EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
        reading_ = Fd(ends[0]);
        writing_ = Fd(ends[1]);
        ::fcntl(reading_.get(), F_SETFL, O_NONBLOCK);
    }
    ~FrameSinkTest() override { std::signal(SIGPIPE, SIG_DFL); }

    std::string read_all() {
        std::string text;
        std::array<char, 65536> buffer = {};
        ssize_t count = 0;
        while ((count = ::read(reading_.get(), buffer.data(), buffer.size())) > 0)
            text.append(buffer.data(), static_cast<std::size_t>(count));
        return text;
    }

    Fd reading_;
    Fd writing_;
};

TEST_F(FrameSinkTest, ShowsFramesOneBelowTheOther) {
    FrameSink sink(writing_.get());
    EXPECT_TRUE(sink.show("one\n"));
    EXPECT_TRUE(sink.show("two\n"));
    EXPECT_EQ(read_all(), "one\n\ntwo\n");
    EXPECT_EQ(sink.shown(), 2u);
}

TEST_F(FrameSinkTest, SkipsFramesWhileNobodyReadsAndLosesNoPartOfOne) {
    FrameSink sink(writing_.get());
    const std::string large(200'000, 'a');
    EXPECT_TRUE(sink.show(large));
    EXPECT_FALSE(sink.flush());
    for (int i = 0; i < 1000; ++i) EXPECT_FALSE(sink.show("skipped\n"));
    std::string text = read_all();
    while (!sink.flush()) text += read_all();
    text += read_all();
    EXPECT_EQ(text, large);
    EXPECT_TRUE(sink.show("next\n"));
    EXPECT_EQ(read_all(), "\nnext\n");
    EXPECT_EQ(sink.shown(), 2u);
}

TEST_F(FrameSinkTest, KnowsThatTheReaderIsGone) {
    FrameSink sink(writing_.get());
    reading_ = Fd();
    sink.show("one\n");
    EXPECT_TRUE(sink.is_closed());
}

}  // namespace
}  // namespace flowtap::frame_sink_test
