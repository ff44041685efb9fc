// SPDX-License-Identifier: Apache-2.0
#include "code/values/null_result.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "code_bytes.h"

namespace flowtap::null_result_test {
namespace {

using testing::ElementsAre;

bool nobody(const Instruction&) { return false; }
bool is_callee(const Instruction& call) { return call.target == kCallee; }

std::optional<NullSites> null_sites(const CodeBytes& code, uint64_t from, Register holder,
                                    const IsChecker& is_checker = nobody) {
    return find_null_sites(code, traced(code), from, RegisterSet(holder), is_checker);
}

std::vector<std::pair<uint64_t, SiteCost>> places(const std::optional<NullSites>& sites) {
    std::vector<std::pair<uint64_t, SiteCost>> all;
    if (sites)
        for (const auto& [address, site] : *sites) all.emplace_back(address, site.cost);
    return all;
}

// _Py_CheckFunctionResult as Debian 12 builds it: the branch behind the test of what is pending.
TEST(NullSites, AreEmulatedWhereTheWayHasSuchAnInstruction) {
    const CodeBytes code = {
        "48 8b 47 60",  // 1000 mov 0x60(%rdi),%rax
        "48 85 d2",     // 1004 test %rdx,%rdx
        "74 04",        // 1007 je 100d
        "48 89 d0",     // 1009 mov %rdx,%rax
        "c3",           // 100c ret
        "48 85 c0",     // 100d test %rax,%rax
        "74 03",        // 1010 je 1015
        "31 c0",        // 1012 xor %eax,%eax
        "c3",           // 1014 ret
        "0f 0b",        // 1015 ud2
    };
    const auto sites = null_sites(code, 0x1000, Register::kRdx);
    EXPECT_THAT(places(sites), ElementsAre(std::pair(0x1010u, SiteCost::kEmulated)));
    EXPECT_EQ(sites->begin()->second.reason, "first emulated instruction where the result is NULL");
}

TEST(NullSites, AreSingleSteppedWhereNoneOfTheWayIsEmulated) {
    const CodeBytes code = {
        "53",        // 1000 push %rbx
        "ff d0",     // 1001 call *%rax
        "48 85 c0",  // 1003 test %rax,%rax
        "75 02",     // 1006 jne 100a
        "31 c9",     // 1008 xor %ecx,%ecx
        "5b",        // 100a pop %rbx
        "c3",        // 100b ret
    };
    const auto sites = null_sites(code, 0x1003, Register::kRax);
    ASSERT_THAT(places(sites), ElementsAre(std::pair(0x1008u, SiteCost::kSingleStep)));
    EXPECT_EQ(sites->begin()->second.reason,
              "first instruction where the result is NULL; none emulated follows");
}

TEST(NullSites, FollowThePointerThroughCopiesAndOtherBranches) {
    const CodeBytes code = {
        "53",        // 1000 push %rbx
        "ff d0",     // 1001 call *%rax
        "48 89 c3",  // 1003 mov %rax,%rbx
        "83 f9 01",  // 1006 cmp $1,%ecx
        "75 01",     // 1009 jne 100c
        "90",        // 100b nop
        "48 85 db",  // 100c test %rbx,%rbx
        "75 03",     // 100f jne 1014
        "31 c0",     // 1011 xor %eax,%eax
        "90",        // 1013 nop
        "5b",        // 1014 pop %rbx
        "c3",        // 1015 ret
    };
    EXPECT_THAT(places(null_sites(code, 0x1003, Register::kRax)),
                ElementsAre(std::pair(0x1013u, SiteCost::kEmulated)));
}

TEST(NullSites, AreNoneWhereTheResultIsReturnedUntested) {
    const CodeBytes code = {
        "53",     // 1000 push %rbx
        "ff d0",  // 1001 call *%rax
        "5b",     // 1003 pop %rbx
        "c3",     // 1004 ret
    };
    EXPECT_FALSE(null_sites(code, 0x1003, Register::kRax));
}

TEST(NullSites, AreNoneWhereTheNullWayHasNothingOfItsOwn) {
    const CodeBytes code = {
        "53",        // 1000 push %rbx
        "ff d0",     // 1001 call *%rax
        "48 85 c0",  // 1003 test %rax,%rax
        "74 01",     // 1006 je 1009
        "90",        // 1008 nop
        "5b",        // 1009 pop %rbx
        "c3",        // 100a ret
    };
    EXPECT_FALSE(null_sites(code, 0x1003, Register::kRax));
}

TEST(NullSites, AreLeftToACheckerThatGetsTheResult) {
    const CodeBytes code = {
        "53",              // 1000 push %rbx
        "ff d0",           // 1001 call *%rax
        "48 89 c2",        // 1003 mov %rax,%rdx
        "e8 f5 7f 00 00",  // 1006 call 9000
        "5b",              // 100b pop %rbx
        "c3",              // 100c ret
    };
    const auto sites = null_sites(code, 0x1003, Register::kRax, is_callee);
    ASSERT_TRUE(sites);
    EXPECT_TRUE(sites->empty());
    EXPECT_FALSE(null_sites(code, 0x1003, Register::kRax)) << "any other call may do anything";
}

}  // namespace
}  // namespace flowtap::null_result_test
