// SPDX-License-Identifier: Apache-2.0
#include "attach/site_encoding.h"

#include <gtest/gtest.h>

namespace flowtap::site_encoding_test {
namespace {

constexpr __u8 kNone = FT_NO_REGISTER;

__u8 number(Register one) { return static_cast<__u8>(one); }

TEST(SiteEncoding, NamesNoRegisterThatTheKindOfSiteDoesNotHave) {
    const ft_site site = encode_site(FunctionExit{.stack_adjust = 24, .flags = FT_EXIT_HANDED_ON});
    EXPECT_EQ(site.stack_adjust, 24);
    EXPECT_EQ(site.exit_flags, FT_EXIT_HANDED_ON);
    for (const __u8 one :
         {site.object, site.result, site.function, site.arguments, site.argument_count, site.keywords})
        EXPECT_EQ(one, kNone);
}

TEST(SiteEncoding, TellsHowAnObjectIsCalled) {
    const ft_site bound = encode_site(CallEntry{.stack_adjust = 8, .object = Register::kRdi});
    EXPECT_EQ(bound.object, number(Register::kRdi));
    EXPECT_EQ(bound.stack_adjust, 8);
    EXPECT_EQ(bound.function, kNone);
    EXPECT_FALSE(bound.by_class || bound.any_callable);
    const ft_site method = encode_site(
        CallEntry{.called = CallEntry::Method{Register::kRsi},
                  .arguments = CallEntry::Arguments{Register::kRdx, Register::kRcx, Register::kR8}});
    EXPECT_EQ(method.function, number(Register::kRsi));
    EXPECT_EQ(method.arguments, number(Register::kRdx));
    EXPECT_EQ(method.argument_count, number(Register::kRcx));
    EXPECT_EQ(method.keywords, number(Register::kR8));
    const ft_site instance = encode_site(CallEntry{.called = CallEntry::Instance{}});
    EXPECT_TRUE(instance.by_class && !instance.any_callable);
    const ft_site any = encode_site(CallEntry{.called = CallEntry::Callable{Register::kRbx}});
    EXPECT_TRUE(any.any_callable && !any.by_class);
    EXPECT_EQ(any.result, number(Register::kRbx));
}

TEST(SiteEncoding, TellsWhichDestructionsAreEnds) {
    using Ends = CoroutineDestruction::Ends;
    const auto flags = [](Ends ends) {
        const ft_site site = encode_site(CoroutineDestruction{Register::kRbx, ends});
        EXPECT_EQ(site.object, number(Register::kRbx));
        return std::pair(site.unfinished, site.runs_on);
    };
    EXPECT_EQ(flags(Ends::kAny), std::pair(__u8{0}, __u8{0}));
    EXPECT_EQ(flags(Ends::kNotSuspended), std::pair(__u8{0}, __u8{1}));
    EXPECT_EQ(flags(Ends::kUncompleted), std::pair(__u8{1}, __u8{0}));
    EXPECT_EQ(flags(Ends::kUncompletedToClose), std::pair(__u8{1}, __u8{1}));
}

TEST(SiteEncoding, PutsEachRegisterWhereTheProgramLooksForIt) {
    EXPECT_EQ(encode_site(CoroutineEntry{.coroutine = Register::kRsi}).object, number(Register::kRsi));
    const ft_site exit = encode_site(ReturnToC{.result = Register::kRax, .argument = Register::kR12});
    EXPECT_EQ(exit.result, number(Register::kRax));
    EXPECT_EQ(exit.object, number(Register::kR12));
    EXPECT_EQ(encode_site(CoroutineCreation{Register::kRbp}).result, number(Register::kRbp));
    EXPECT_EQ(encode_site(CoroutineCompletion{Register::kRbp}).object, number(Register::kRbp));
    EXPECT_EQ(encode_site(VariableChange{.variable = Register::kRsi}).object, number(Register::kRsi));
    const ft_site set = encode_site(ContextChange{Register::kRdi, Register::kRsi, Register::kRbx});
    EXPECT_EQ(set.object, number(Register::kRdi));
    EXPECT_EQ(set.function, number(Register::kRsi));
    EXPECT_EQ(set.result, number(Register::kRbx));
    EXPECT_EQ(encode_site(ContextDestruction{Register::kRsi}).object, number(Register::kRsi));
    EXPECT_EQ(encode_site(MarkingSite{Register::kRdi}).object, number(Register::kRdi));
    EXPECT_EQ(encode_site(MarkingSite{}).object, kNone);
    EXPECT_EQ(encode_site(FrameKeep{Register::kR13}).object, number(Register::kR13));
    const ft_site frame = encode_site(TracebackSite{Register::kRdi, TracebackSite::Holds::kFrame});
    EXPECT_EQ(frame.object, number(Register::kRdi));
    EXPECT_EQ(frame.result, kNone);
    const ft_site traceback = encode_site(TracebackSite{Register::kRax, TracebackSite::Holds::kTraceback});
    EXPECT_EQ(traceback.result, number(Register::kRax));
    EXPECT_EQ(traceback.object, kNone);
}

}  // namespace
}  // namespace flowtap::site_encoding_test
