// SPDX-License-Identifier: Apache-2.0
// A real interpreter behind memory that fails or lies: a lookup finds the right thing or nothing.
#include "engine_script.h"
#include "live_python.h"

namespace flowtap::code_lookup_hostile_test {

namespace {

// Every read fails from the given one on.
class FailingMemory : public Memory {
public:
    FailingMemory(const Memory& memory, unsigned good_reads) : memory_(memory), left_(good_reads) {}
    [[nodiscard]] bool ran_out() const { return left_ == 0; }

private:
    [[nodiscard]] bool copy(std::uint64_t address, std::span<std::byte> out) const override {
        if (left_ == 0) return false;
        --left_;
        return memory_.read(address, out);
    }

    const Memory& memory_;
    mutable unsigned left_;
};

// One read in a few has one byte replaced, by a generator that is the same each time.
class LyingMemory : public Memory {
public:
    LyingMemory(const Memory& memory, unsigned seed) : memory_(memory), state_(seed) {}

private:
    [[nodiscard]] bool copy(std::uint64_t address, std::span<std::byte> out) const override {
        if (!memory_.read(address, out)) return false;
        if (random() % 16 == 0 && !out.empty()) out[random() % out.size()] = static_cast<std::byte>(random());
        return true;
    }
    [[nodiscard]] std::uint64_t random() const {
        state_ = state_ * 6364136223846793005U + 1442695040888963407U;
        return state_ >> 33;
    }

    const Memory& memory_;
    mutable std::uint64_t state_;
};

class CodeLookupHostile : public LivePythonTest {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(CodeLookupHostile);
INSTANTIATE_TEST_SUITE_P(Found, CodeLookupHostile, testing::ValuesIn(find_pythons(true)), python_test_name);

constexpr const char* kShow = R"PY(
from engine.core import Base
show('execute', id(Base.execute.__code__)); show('base', id(Base))
)PY";

TEST_P(CodeLookupHostile, FindsTheRightFunctionOrNoneWhenReadsBeginToFail) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script(kShow)));
    bool complete = false;
    for (unsigned good = 0; good < 20000 && !complete; good += 37) {
        const FailingMemory failing(memory(), good);
        const auto code = CodeLookup(interpreter(), failing).find_function("engine.core", "Base.execute");
        complete = !failing.ran_out();
        EXPECT_TRUE(code || !complete);
        EXPECT_EQ(code ? code->code_address : python().number("execute"), python().number("execute"));
    }
    EXPECT_TRUE(complete) << "the lookup never succeeded";
}

TEST_P(CodeLookupHostile, EndsWithoutHarmWhenMemoryLies) {
    ASSERT_NO_FATAL_FAILURE(start(engine_script(kShow)));
    const std::uint64_t base = python().number("base");
    unsigned right = 0;
    for (unsigned seed = 0; seed < 200; ++seed) {
        const LyingMemory lying(memory(), seed);
        const CodeLookup lookup(interpreter(), lying);
        const auto code = lookup.find_function("engine.core", "Base.execute");
        right += code && code->code_address == python().number("execute") ? 1 : 0;
        EXPECT_LT(lookup.find_overrides(base, "execute").functions.size(), 100U);
        EXPECT_LT(lookup.local_slot(python().number("execute"), "runtime_inputs").value_or(0), 65536);
    }
    EXPECT_LT(right, 200U) << "the memory did not lie";
}

}  // namespace

}  // namespace flowtap::code_lookup_hostile_test
