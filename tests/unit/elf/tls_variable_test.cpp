// SPDX-License-Identifier: Apache-2.0
#include "code/tls_variable.h"

#include <gtest/gtest.h>

#include "code_bytes.h"

namespace flowtap::tls_variable_test {
namespace {

using Way = TlsVariable::Way;

std::optional<TlsVariable> returned(const CodeBytes& code) { return returned_tls_variable(code, kCodeStart); }

// PyThreadState_GetUnchecked of Debian 13's python3.13.
TEST(TlsVariables, OfAProgramAreAtADistanceFromTheThreadPointer) {
    const CodeBytes code = {
        "f3 0f 1e fa",                 // 1000 endbr64
        "64 48 8b 04 25 e8 ff ff ff",  // 1004 mov %fs:0xffffffffffffffe8,%rax
        "c3",                          // 100d ret
    };
    EXPECT_EQ(returned(code), (TlsVariable{Way::kOffset, static_cast<std::uint64_t>(-24), 0}));
}

TEST(TlsVariables, AreKnownWhereTheValueIsChecked) {
    const CodeBytes code = {
        "64 48 8b 04 25 e8 ff ff ff",  // 1000 mov %fs:0xffffffffffffffe8,%rax
        "48 85 c0",                    // 1009 test %rax,%rax
        "74 01",                       // 100c je 100f
        "c3",                          // 100e ret
        "0f 0b",                       // 100f ud2
    };
    EXPECT_EQ(returned(code), (TlsVariable{Way::kOffset, static_cast<std::uint64_t>(-24), 0}));
}

// _PyThreadState_UncheckedGet of a libpython3.12.so.
TEST(TlsVariables, OfALibraryAreFoundByAnIndex) {
    const CodeBytes code = {
        "48 83 ec 08",              // 1000 sub $0x8,%rsp
        "66 48 8d 3d f4 c9 26 00",  // 1004 data16 lea 0x26c9f4(%rip),%rdi
        "66 66 48 e8 ec 7f 00 00",  // 100c data16 data16 rex.W call 9000
        "48 8b 00",                 // 1014 mov (%rax),%rax
        "48 83 c4 08",              // 1017 add $0x8,%rsp
        "c3",                       // 101b ret
    };
    EXPECT_EQ(returned(code), (TlsVariable{Way::kIndex, 0x100c + 0x26c9f4, 0}));
}

TEST(TlsVariables, OfOneFileShareAnIndex) {
    const CodeBytes code = {
        "50",                    // 1000 push %rax
        "48 8d 3d f9 0f 00 00",  // 1001 lea 0xff9(%rip),%rdi
        "e8 f3 7f 00 00",        // 1008 call 9000
        "48 8b 80 10 00 00 00",  // 100d mov 0x10(%rax),%rax
        "5a",                    // 1014 pop %rdx
        "c3",                    // 1015 ret
    };
    EXPECT_EQ(returned(code), (TlsVariable{Way::kIndex, 0x1008 + 0xff9, 0x10}));
}

TEST(TlsVariables, MayBeAtADistanceThatAWordTells) {
    const TlsVariable variable{Way::kOffsetSlot, 0x1007 + 0xff9, 0};
    EXPECT_EQ(returned({
                  "48 8b 05 f9 0f 00 00",  // 1000 mov 0xff9(%rip),%rax
                  "64 48 8b 00",           // 1007 mov %fs:(%rax),%rax
                  "c3",                    // 100b ret
              }),
              variable);
    EXPECT_EQ(returned({
                  "48 8b 15 f9 0f 00 00",        // 1000 mov 0xff9(%rip),%rdx
                  "64 48 03 14 25 00 00 00 00",  // 1007 add %fs:0,%rdx
                  "48 8b 02",                    // 1010 mov (%rdx),%rax
                  "c3",                          // 1013 ret
              }),
              variable);
}

// What a linker makes of the way through an index in a program.
TEST(TlsVariables, MayBeRelaxed) {
    const CodeBytes code = {
        "64 48 8b 04 25 00 00 00 00",  // 1000 mov %fs:0,%rax
        "48 8d 80 f0 ff ff ff",        // 1009 lea -0x10(%rax),%rax
        "48 8b 00",                    // 1010 mov (%rax),%rax
        "c3",                          // 1013 ret
    };
    EXPECT_EQ(returned(code), (TlsVariable{Way::kOffset, static_cast<std::uint64_t>(-16), 0}));
}

TEST(TlsVariables, MayHaveADescriptor) {
    const CodeBytes code = {
        "48 8d 05 f9 0f 00 00",  // 1000 lea 0xff9(%rip),%rax
        "ff 10",                 // 1007 call *(%rax)
        "64 48 8b 00",           // 1009 mov %fs:(%rax),%rax
        "c3",                    // 100d ret
    };
    EXPECT_EQ(returned(code), (TlsVariable{Way::kDescriptor, 0x1007 + 0xff9, 0}));
}

TEST(TlsVariables, AreNotTakenForWhatOtherFunctionsReturn) {
    EXPECT_EQ(returned({"31 c0", "c3"}), std::nullopt) << "a constant";
    EXPECT_EQ(returned({"48 8b 05 f9 0f 00 00", "c3"}), std::nullopt) << "a global variable";
    EXPECT_EQ(returned({"48 8b 05 f9 0f 00 00", "48 8b 00", "c3"}), std::nullopt) << "what one points to";
    EXPECT_EQ(returned({"64 48 8b 04 25 e8 ff ff ff", "48 8b 00", "c3"}), std::nullopt) << "its target";
    EXPECT_EQ(returned({"64 8b 04 25 e8 ff ff ff", "c3"}), std::nullopt) << "half of one";
    EXPECT_EQ(returned({"48 8b 07", "c3"}), std::nullopt) << "what an argument points to";
    EXPECT_EQ(returned({"64 48 8b 04 25 00 00 00 00", "c3"}), std::nullopt) << "the thread pointer";
    EXPECT_EQ(returned({"65 48 8b 04 25 e8 ff ff ff", "c3"}), std::nullopt) << "another segment";
    EXPECT_EQ(returned({"64 48 8b 04 25 e8 ff ff ff", "ff e2"}), std::nullopt) << "it goes elsewhere";
    EXPECT_EQ(returned({"eb fe"}), std::nullopt) << "it does not end";
    EXPECT_EQ(returned({"06"}), std::nullopt) << "no instruction";
}

}  // namespace
}  // namespace flowtap::tls_variable_test
