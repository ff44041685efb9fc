// SPDX-License-Identifier: Apache-2.0
// The tables below are Lib/opcode.py's and Lib/_opcode_metadata.py's of each version: numbers of
// instructions, specialised and instrumented ones among them, and how many cache units follow one. They were
// compared with the bytecode of about 20,000 functions of each version.
#include "python/bytecode.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

namespace flowtap {
namespace {

constexpr std::uint64_t kVarObjectSize = 16;  // ob_size of a code object: its units
constexpr std::size_t kMostUnits = 1 << 16;

// Opcodes from first to last are followed by so many units of cache.
struct CacheRun {
    std::uint8_t first;
    std::uint8_t last;
    std::uint8_t units;
};

using Opcodes = std::span<const std::uint8_t>;

struct Instructions {
    std::span<const CacheRun> caches;
    Opcodes resume;
    Opcodes returns;
    Opcodes hiding;  // stands in place of another instruction
};

constexpr CacheRun kCaches11[] = {
    {3, 8, 1},     {13, 14, 1},   {16, 16, 1},   {17, 25, 4},   {26, 29, 2},   {39, 43, 4},    {47, 48, 5},
    {55, 55, 5},   {56, 59, 10},  {60, 60, 1},   {62, 63, 10},  {64, 67, 1},   {72, 73, 1},    {76, 81, 1},
    {92, 92, 1},   {95, 95, 4},   {106, 106, 4}, {107, 107, 2}, {113, 113, 1}, {116, 116, 5},  {121, 122, 1},
    {127, 127, 1}, {141, 141, 1}, {143, 143, 1}, {153, 154, 4}, {158, 159, 4}, {160, 160, 10}, {166, 166, 1},
    {168, 170, 1}, {171, 171, 4}, {177, 180, 1}};
constexpr CacheRun kCaches12[] = {
    {6, 8, 1},     {10, 10, 1},   {13, 14, 1},   {16, 16, 1},   {18, 22, 1},   {23, 24, 3},   {25, 25, 1},
    {28, 29, 3},   {34, 34, 3},   {38, 48, 3},   {56, 56, 3},   {57, 60, 1},   {62, 67, 1},   {70, 70, 9},
    {72, 73, 9},   {76, 82, 9},   {92, 93, 1},   {95, 95, 4},   {106, 106, 9}, {107, 107, 1}, {111, 113, 4},
    {116, 116, 4}, {122, 123, 1}, {141, 141, 1}, {148, 148, 4}, {153, 153, 4}, {159, 161, 1}, {166, 168, 1},
    {171, 171, 3}, {237, 237, 1}, {241, 241, 3}, {248, 248, 1}};
constexpr CacheRun kCaches13[] = {{3, 3, 1},     {5, 5, 1},     {39, 39, 1},   {40, 40, 3},   {45, 45, 1},
                                  {53, 53, 3},   {58, 59, 1},   {72, 72, 1},   {77, 77, 1},   {82, 82, 9},
                                  {91, 91, 4},   {93, 93, 1},   {97, 100, 1},  {104, 104, 1}, {108, 108, 4},
                                  {117, 117, 1}, {150, 161, 1}, {162, 181, 3}, {182, 190, 1}, {191, 202, 9},
                                  {203, 204, 4}, {205, 206, 1}, {208, 208, 1}, {209, 211, 4}, {212, 213, 1},
                                  {214, 219, 3}, {220, 222, 1}, {242, 243, 1}, {244, 244, 3}, {249, 253, 1}};
constexpr CacheRun kCaches14[] = {
    {3, 3, 5},     {38, 38, 1},   {39, 39, 3},   {44, 44, 5},   {52, 52, 3},   {55, 55, 3},   {56, 57, 1},
    {70, 70, 1},   {75, 75, 1},   {80, 80, 9},   {92, 92, 4},   {96, 96, 1},   {100, 103, 1}, {106, 106, 1},
    {110, 110, 4}, {119, 119, 1}, {129, 142, 5}, {143, 165, 3}, {166, 176, 1}, {177, 189, 9}, {192, 193, 4},
    {194, 195, 1}, {197, 197, 1}, {198, 200, 4}, {201, 202, 1}, {203, 208, 3}, {209, 211, 1}, {237, 237, 1},
    {241, 244, 1}, {249, 249, 1}, {250, 251, 3}, {253, 253, 1}};

// RESUME, and what the interpreter puts in its place.
constexpr std::uint8_t kResume11[] = {151, 150};
constexpr std::uint8_t kResume12[] = {151, 240};
constexpr std::uint8_t kResume13[] = {149, 207, 236};
constexpr std::uint8_t kResume14[] = {128, 196, 245};
// RETURN_VALUE, RETURN_CONST, and their instrumented forms.
constexpr std::uint8_t kReturns11[] = {83};
constexpr std::uint8_t kReturns12[] = {83, 121, 242, 247};
constexpr std::uint8_t kReturns13[] = {36, 103, 239, 240};
constexpr std::uint8_t kReturns14[] = {35, 246};
// INSTRUMENTED_INSTRUCTION, INSTRUMENTED_LINE, ENTER_EXECUTOR.
constexpr std::uint8_t kHiding11[] = {255};
constexpr std::uint8_t kHiding12[] = {253, 254};
constexpr std::uint8_t kHiding13[] = {247, 254, 70};
constexpr std::uint8_t kHiding14[] = {238, 254, 255};

constexpr std::array<Instructions, kNewestPythonMinor - kOldestPythonMinor + 1> kInstructions = {{
    {kCaches11, kResume11, kReturns11, kHiding11},
    {kCaches12, kResume12, kReturns12, kHiding12},
    {kCaches13, kResume13, kReturns13, kHiding13},
    {kCaches14, kResume14, kReturns14, kHiding14},
}};

bool is_in(Opcodes opcodes, std::uint8_t opcode) {
    return std::ranges::find(opcodes, opcode) != opcodes.end();
}

std::size_t cache_units(const Instructions& known, std::uint8_t opcode) {
    for (const CacheRun& run : known.caches)
        if (opcode >= run.first && opcode <= run.last) return run.units;
    return 0;
}

// One after the other through a function's units.
class UnitReader {
public:
    UnitReader(const Instructions& known, std::span<const std::uint8_t> bytes, std::uint64_t address)
        : known_(known), bytes_(bytes), address_(address) {}

    Result<CallUnits> read() {
        for (std::size_t unit = 0; 2 * unit < bytes_.size();) {
            const std::uint8_t opcode = bytes_[2 * unit];
            if (is_in(known_.hiding, opcode)) return failure("it is being traced, or compiled");
            const std::size_t next = unit + 1 + cache_units(known_, opcode);
            note(opcode, unit, next);
            unit = next;
        }
        if (units_.begin == 0) return failure("it has no RESUME");
        if (units_.returns.empty()) return failure("it never returns");
        if (units_.returns.front() == units_.begin) return failure("it does nothing but return");
        return std::move(units_);
    }

private:
    static Error failure(const char* cause) { return {"read bytecode", "", cause}; }

    [[nodiscard]] std::uint64_t address_of(std::size_t unit) const { return address_ + 2 * unit; }

    void note(std::uint8_t opcode, std::size_t unit, std::size_t next) {
        if (is_in(known_.returns, opcode)) units_.returns.push_back(address_of(unit));
        if (units_.begin == 0 && is_in(known_.resume, opcode)) units_.begin = address_of(next);
    }

    const Instructions& known_;
    std::span<const std::uint8_t> bytes_;
    std::uint64_t address_;
    CallUnits units_;
};

}  // namespace

Result<CallUnits> call_units(const Interpreter& interpreter, const Memory& memory, std::uint64_t code) {
    const auto count = memory.read<std::uint64_t>(code + kVarObjectSize);
    if (!count || *count == 0 || *count > kMostUnits) return Error{"read bytecode", "", "it is too long"};
    std::vector<std::uint8_t> bytes(2 * *count);
    const std::uint64_t address = code + interpreter.layout().code_adaptive;
    if (!memory.read(address, std::as_writable_bytes(std::span(bytes))))
        return Error{"read bytecode", "", "it cannot be read"};
    const unsigned minor = interpreter.version().minor;
    return UnitReader(kInstructions[minor - kOldestPythonMinor], bytes, address).read();
}

}  // namespace flowtap
