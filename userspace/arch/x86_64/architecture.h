// SPDX-License-Identifier: Apache-2.0
// x86-64 (System V AMD64 ABI) as arch/architecture.h asks for it.
#pragma once

#include <elf.h>
#include <linux/hw_breakpoint.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace flowtap {

// Numbered as the hardware does, and bpf/arch/x86_64/registers.bpf.h: rax, rcx, rdx, rbx, ...
enum class Register : uint8_t {
    kRax,
    kRcx,
    kRdx,
    kRbx,
    kRsp,
    kRbp,
    kRsi,
    kRdi,
    kR8,
    kR9,
    kR10,
    kR11,
    kR12,
    kR13,
    kR14,
    kR15,
};

namespace arch {

inline constexpr const char* kName = "x86-64";

// Registers.
inline constexpr std::array<const char*, 16> kRegisterNames{"rax", "rcx", "rdx", "rbx", "rsp", "rbp",
                                                            "rsi", "rdi", "r8",  "r9",  "r10", "r11",
                                                            "r12", "r13", "r14", "r15"};
inline constexpr Register kStackPointer = Register::kRsp;
inline constexpr Register kFramePointer = Register::kRbp;

// Calls.
inline constexpr std::array kArguments{Register::kRdi, Register::kRsi, Register::kRdx,
                                       Register::kRcx, Register::kR8,  Register::kR9};
inline constexpr std::size_t kVectorArguments = 8;
inline constexpr Register kResult = Register::kRax;
inline constexpr std::array kCallerSaved{Register::kRax, Register::kRcx, Register::kRdx,
                                         Register::kRsi, Register::kRdi, Register::kR8,
                                         Register::kR9,  Register::kR10, Register::kR11};
inline constexpr std::array kCalleeSaved{Register::kRbx, Register::kRbp, Register::kR12,
                                         Register::kR13, Register::kR14, Register::kR15};
inline constexpr int kReturnAddressSize = 8;
// A prologue pushes rbp and copies rsp to it.
inline constexpr int kFramePointerAtEntry = -8;

// DWARF: psABI, figure 3.36.
inline constexpr std::array kDwarfRegisters{Register::kRax, Register::kRdx, Register::kRcx, Register::kRbx,
                                            Register::kRsi, Register::kRdi, Register::kRbp, Register::kRsp,
                                            Register::kR8,  Register::kR9,  Register::kR10, Register::kR11,
                                            Register::kR12, Register::kR13, Register::kR14, Register::kR15};

// ELF.
inline constexpr std::uint16_t kElfMachine = EM_X86_64;
inline constexpr std::uint32_t kRelocationOfBase = R_X86_64_RELATIVE;
inline constexpr std::uint32_t kRelocationOfSymbol = R_X86_64_64;
inline constexpr std::uint32_t kRelocationOfData = R_X86_64_GLOB_DAT;
inline constexpr std::uint32_t kRelocationOfCall = R_X86_64_JUMP_SLOT;
inline constexpr std::uint32_t kRelocationOfCopy = R_X86_64_COPY;

// Threads: the thread pointer is the FS base, which is also pthread_self().
inline constexpr bool kThreadVariablesBelow = true;
inline constexpr std::uint64_t kThreadBlocks = 8;  // tcbhead_t.dtv; glibc and musl
constexpr std::uint64_t thread_pointer_of(std::uint64_t pthread_self) { return pthread_self; }

// Hardware watches: arch/x86/include/asm/hw_breakpoint.h, HBP_NUM. They cannot watch reads alone.
inline constexpr std::size_t kHardwareWatches = 4;
inline constexpr auto kWatchOfReads = HW_BREAKPOINT_RW;

// mov $60, %eax (exit); mov $status, %edi; syscall
constexpr std::array<std::uint8_t, 12> code_that_exits(std::uint8_t status) {
    return {0xb8, 60, 0, 0, 0, 0xbf, status, 0, 0, 0, 0x0f, 0x05};
}

}  // namespace arch
}  // namespace flowtap
