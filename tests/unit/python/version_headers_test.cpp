// SPDX-License-Identifier: Apache-2.0
// What is known of each version, compared with what its own headers say (scripts/python_layout.py), where
// they are installed: in /usr/include and ~/.pyenv/versions, or in the directories of FLOWTAP_PYTHON_HEADERS.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <sstream>

#include "python/versions/python_version.h"
#include "python/versions/supported.h"
#include "pythons/installed_pythons.h"

namespace flowtap::version_headers_test {
namespace {

namespace fs = std::filesystem;

using Figures = std::map<std::string, std::int64_t>;

std::vector<std::string> header_directories() {
    std::vector<fs::path> above = {"/usr/include", "/usr/local/include"};
    const char* home = std::getenv("HOME");
    std::error_code error;
    for (const auto& pyenv : fs::directory_iterator(fs::path(home ? home : "/") / ".pyenv/versions", error))
        above.push_back(pyenv.path() / "include");
    std::vector<std::string> found = paths_in("FLOWTAP_PYTHON_HEADERS");
    for (const fs::path& directory : above) {
        for (unsigned minor = kOldestPythonMinor; minor <= kNewestPythonMinor; ++minor) {
            const fs::path own = directory / ("python3." + std::to_string(minor));
            if (fs::exists(own / "internal/pycore_interp.h", error)) found.push_back(own);
        }
    }
    if (found.empty()) found.emplace_back();
    return found;
}

// Empty: the script failed, and has said why.
Figures figures_of(const std::string& directory) {
    const std::string command =
        "python3 '" FLOWTAP_SOURCE_DIR "/scripts/python_layout.py' '" + directory + "'";
    const auto close = [](std::FILE* file) { ::pclose(file); };
    const std::unique_ptr<std::FILE, decltype(close)> output(::popen(command.c_str(), "r"), close);
    std::string text;
    std::array<char, 4096> chunk{};
    while (output && std::fgets(chunk.data(), chunk.size(), output.get()) != nullptr) text += chunk.data();
    Figures figures;
    std::istringstream lines(text);
    for (std::string name; lines >> name;) lines >> figures[name];
    return figures;
}

class VersionHeaders : public testing::TestWithParam<std::string> {
protected:
    void SetUp() override {
        if (GetParam().empty())
            GTEST_SKIP() << "missing: headers of " << supported_pythons() << " (python3.N-dev)";
        if (std::system("cc --version >/dev/null 2>&1 && python3 --version >/dev/null 2>&1") != 0)
            GTEST_SKIP() << "missing: a C compiler (cc) and python3, to read the headers";
        figures_ = figures_of(GetParam());
        ASSERT_FALSE(figures_.empty());
        version_ = python_version(static_cast<unsigned>(figures_["minor"]));
        ASSERT_NE(version_, nullptr);
    }
    // 0 where the version has not got it.
    std::int64_t figure(const std::string& name) {
        const auto found = figures_.find(name);
        return found == figures_.end() ? 0 : found->second;
    }
    std::uint8_t opcode(const std::string& name) {
        return static_cast<std::uint8_t>(figure("opcode." + name));
    }

    Figures figures_;
    const PythonVersion* version_ = nullptr;
};

INSTANTIATE_TEST_SUITE_P(Installed, VersionHeaders, testing::ValuesIn(header_directories()),
                         [](const auto& info) { return path_as_test_name(info.param); });

#define EXPECT_FIGURE(holder, field) EXPECT_EQ((holder).field, figure(#field)) << #field

TEST_P(VersionHeaders, PutTheRuntimeWhereItIsKnown) {
    const PythonLayout& layout = version_->layout;
    EXPECT_FIGURE(layout, runtime_initialized);
    EXPECT_FIGURE(layout, runtime_interpreters_main);
    EXPECT_FIGURE(layout, runtime_current_thread);
    EXPECT_FIGURE(layout, interpreter_next);
    EXPECT_FIGURE(layout, interpreter_modules);
    EXPECT_FIGURE(layout, interpreter_threads_head);
    EXPECT_FIGURE(layout, interpreter_gil);
    EXPECT_FIGURE(layout, interpreter_jit);
    EXPECT_FIGURE(layout, gil_holder);
    EXPECT_FIGURE(layout, gil_locked);
    EXPECT_FIGURE(layout.bpf, interpreter_id);
}

TEST_P(VersionHeaders, PutThreadsAndFramesWhereTheyAreKnown) {
    const ft_python& bpf = version_->layout.bpf;
    EXPECT_FIGURE(bpf, tstate_frame);
    EXPECT_FIGURE(bpf, cframe_frame);
    EXPECT_FIGURE(bpf, tstate_exception);
    EXPECT_FIGURE(bpf, tstate_thread_id);
    EXPECT_FIGURE(bpf, tstate_exc_info);
    EXPECT_FIGURE(bpf, tstate_context);
    EXPECT_FIGURE(bpf, tstate_interpreter);
    EXPECT_FIGURE(bpf, frame_code);
    EXPECT_FIGURE(bpf, frame_previous);
    EXPECT_FIGURE(bpf, frame_locals);
    EXPECT_FIGURE(bpf, frame_owner);
    EXPECT_FIGURE(bpf, frame_is_entry);
    EXPECT_FIGURE(bpf, frame_instruction);
    EXPECT_FIGURE(bpf, frame_return_offset);
    EXPECT_FIGURE(bpf, kept_frame);
    EXPECT_FIGURE(bpf, generator_frame);
    EXPECT_FIGURE(bpf, generator_state);
    EXPECT_EQ(version_->first_shim_owner, figure("first_shim_owner"));
}

TEST_P(VersionHeaders, PutCodeWhereItIsKnown) {
    const PythonLayout& layout = version_->layout;
    EXPECT_FIGURE(layout, code_consts);
    EXPECT_FIGURE(layout, code_argcount);
    EXPECT_FIGURE(layout, code_kwonlyargcount);
    EXPECT_FIGURE(layout, code_flags);
    EXPECT_FIGURE(layout, code_localsplusnames);
    EXPECT_FIGURE(layout, code_filename);
    EXPECT_FIGURE(layout, code_name);
    EXPECT_FIGURE(layout, code_qualname);
    EXPECT_FIGURE(layout, code_adaptive);
    EXPECT_FIGURE(layout, code_warmup);
    EXPECT_FIGURE(layout.bpf, function_code);
    EXPECT_FIGURE(layout.bpf, method_function);
    EXPECT_FIGURE(layout.bpf, method_self);
    EXPECT_FIGURE(layout.bpf, cell_value);
}

TEST_P(VersionHeaders, PutObjectsWhereTheyAreKnown) {
    const PythonLayout& layout = version_->layout;
    EXPECT_FIGURE(layout, object_type);
    EXPECT_FIGURE(layout, type_base);
    EXPECT_FIGURE(layout, type_dict);
    EXPECT_FIGURE(layout, type_mro);
    EXPECT_FIGURE(layout, type_subclasses);
    EXPECT_FIGURE(layout, weakref_object);
    EXPECT_FIGURE(layout, tuple_size);
    EXPECT_FIGURE(layout, tuple_items);
    EXPECT_FIGURE(layout, dict_used);
    EXPECT_FIGURE(layout, keys_log2_size);
    EXPECT_FIGURE(layout, inline_values_valid);
    EXPECT_FIGURE(layout.bpf, type_name);
    EXPECT_FIGURE(layout.bpf, type_basicsize);
    EXPECT_FIGURE(layout.bpf, type_flags);
    EXPECT_FIGURE(layout.bpf, type_dictoffset);
    EXPECT_FIGURE(layout.bpf, type_cached_keys);
}

TEST_P(VersionHeaders, PutValuesWhereTheyAreKnown) {
    const ft_python& bpf = version_->layout.bpf;
    EXPECT_FIGURE(bpf, dict_keys);
    EXPECT_FIGURE(bpf, dict_values);
    EXPECT_FIGURE(bpf, split_values);
    EXPECT_FIGURE(bpf, keys_log2_index_bytes);
    EXPECT_FIGURE(bpf, keys_kind);
    EXPECT_FIGURE(bpf, keys_count);
    EXPECT_FIGURE(bpf, keys_indices);
    EXPECT_FIGURE(bpf, str_length);
    EXPECT_FIGURE(bpf, str_state);
    EXPECT_FIGURE(bpf, str_ascii_data);
    EXPECT_FIGURE(bpf, str_compact_data);
    EXPECT_FIGURE(bpf, int_tag);
    EXPECT_FIGURE(bpf, int_digits);
}

TEST_P(VersionHeaders, NumberOpcodesAsKnown) {
    const Opcodes& known = version_->opcodes;
    EXPECT_EQ(known.resume, opcode("RESUME"));
    EXPECT_EQ(known.resume_instrumented, opcode("INSTRUMENTED_RESUME"));
    EXPECT_FIGURE(known, resume_caches);
    EXPECT_FIGURE(known, call_ex_caches);
    EXPECT_EQ(known.get_awaitable, opcode("GET_AWAITABLE"));
    EXPECT_EQ(known.prologue,
              (std::array{opcode("MAKE_CELL"), opcode("COPY_FREE_VARS"), opcode("EXTENDED_ARG")}));
    EXPECT_EQ(known.coroutine, (std::array{opcode("RETURN_GENERATOR"), opcode("POP_TOP")}));
    std::multiset<std::uint8_t> returns = {opcode("RETURN_VALUE"), opcode("RETURN_CONST"),
                                           opcode("INSTRUMENTED_RETURN_VALUE"),
                                           opcode("INSTRUMENTED_RETURN_CONST")};
    EXPECT_EQ(std::multiset<std::uint8_t>(known.returns.begin(), known.returns.end()), returns);
    for (const char* sending : {"SEND", "SEND_GEN", "SEND_VIRTUAL", "SEND_ASYNC_GEN"}) {
        EXPECT_NE(std::ranges::find(known.awaits, opcode(sending)), known.awaits.end()) << sending;
    }
    for (const char* resumed : {"RESUME_QUICK", "RESUME_CHECK", "RESUME_CHECK_JIT"}) {
        if (opcode(resumed) == 0) continue;
        EXPECT_NE(std::ranges::find(known.resume_run, opcode(resumed)), known.resume_run.end()) << resumed;
    }
}

TEST_P(VersionHeaders, NameGeneratorsStatesAsKnown) {
    const GeneratorStates& states = version_->states;
    EXPECT_EQ(states.created, figure("created"));
    EXPECT_EQ(states.suspended_first, figure("suspended"));
    const bool two = figures_.contains("suspended_yield_from");
    EXPECT_EQ(states.suspended_last, figure(two ? "suspended_yield_from" : "suspended"));
    EXPECT_EQ(states.final[0], figure(figures_.contains("completed") ? "completed" : "cleared"));
    EXPECT_EQ(states.final[1], figure("cleared"));
}

// What no version has changed, and code takes for granted.
TEST_P(VersionHeaders, StillSayWhatAllVersionsSay) {
    const std::map<std::string, std::int64_t> fixed = {
        {"thread_next", 8},          {"exc_value", 0},
        {"exception_traceback", 40}, {"traceback_next", 16},
        {"traceback_frame", 24},     {"traceback_line", 0x24},
        {"frame_object_frame", 24},  {"method_vectorcall", 0x28},
        {"code_units", 16},          {"owned_by_generator", 1},
        {"managed_dict", 1 << 4},    {"keys_general", 0},
        {"main_after_head", 8},      {"error_previous", 8},
        {"token_context", 16},       {"token_variable", 24},
        {"token_old", 32},           {"token_used", 40},
        {"variable_default", 24},    {"function_qualname", 40},
        {"function_closure", 72},    {"function_module", 104},
        {"list_items", 24},          {"str_hash", 24},
        {"bytes_data", 32},          {"member", 40},
        {"qualname_before_keys", 8}, {"name_before_keys", 24},
        {"kinds_after_names", 8},    {"names_after_consts", 8}};
    for (const auto& [name, value] : fixed) EXPECT_EQ(figure("fixed." + name), value) << name;
}

struct Word {
    const char* name;  // as DebugOffset's
    const char* size;
    const char* offset;
};

constexpr Word kWords[] = {
    {"id", "interpreter_state", "id"},
    {"next", "interpreter_state", "next"},
    {"threads.head", "interpreter_state", "threads_head"},
    {"imports.modules", "interpreter_state", "imports_modules"},
    {"ceval.gil", "interpreter_state", "ceval_gil"},
    {"interp", "thread_state", "interp"},
    {"current_frame", "thread_state", "current_frame"},
    {"thread_id", "thread_state", "thread_id"},
    {"current_exception", "thread_state", "current_exception"},
    {"previous", "interpreter_frame", "previous"},
    {"f_executable", "interpreter_frame", "executable"},
    {"instr_ptr", "interpreter_frame", "instr_ptr"},
    {"localsplus", "interpreter_frame", "localsplus"},
    {"owner", "interpreter_frame", "owner"},
    {"co_filename", "code_object", "filename"},
    {"co_name", "code_object", "name"},
    {"co_qualname", "code_object", "qualname"},
    {"co_argcount", "code_object", "argcount"},
    {"co_localsplusnames", "code_object", "localsplusnames"},
    {"co_code_adaptive", "code_object", "co_code_adaptive"},
    {"ob_type", "pyobject", "ob_type"},
    {"tp_name", "type_object", "tp_name"},
    {"tp_flags", "type_object", "tp_flags"},
    {"tp_basicsize", "type_object", "tp_basicsize"},
    {"tp_dictoffset", "type_object", "tp_dictoffset"},
    {"ht_cached_keys", "heap_type_object", "ht_cached_keys"},
    {"tuple.ob_item", "tuple_object", "ob_item"},
    {"tuple.ob_size", "tuple_object", "ob_size"},
    {"ma_keys", "dict_object", "ma_keys"},
    {"ma_values", "dict_object", "ma_values"},
    {"lv_tag", "long_object", "lv_tag"},
    {"ob_digit", "long_object", "ob_digit"},
    {"str.state", "unicode_object", "state"},
    {"str.length", "unicode_object", "length"},
    {"gi_iframe", "gen_object", "gi_iframe"},
    {"gi_frame_state", "gen_object", "gi_frame_state"},
};

TEST_P(VersionHeaders, TellOfThemselvesByTheWordsThatAreRead) {
    const DebugOffsetTable* table = version_->debug_offsets;
    ASSERT_EQ(table == nullptr, !figures_.contains("word.count"));
    if (table == nullptr) GTEST_SKIP() << "CPython 3." << version_->minor << " tells nothing of itself";
    EXPECT_EQ(table->words, figure("word.count"));
    EXPECT_EQ(table->gil, figure("word.interpreter_state.gil_runtime_state"));
    EXPECT_EQ(table->gil_locked, figure("word.interpreter_state.gil_runtime_state_locked"));
    EXPECT_EQ(table->gil_holder, figure("word.interpreter_state.gil_runtime_state_holder"));
    EXPECT_EQ(table->ascii_size, figure("word.unicode_object.asciiobject_size"));
    EXPECT_EQ(table->compact_size, figure("word.unicode_object.compactunicodeobject_size"));
    EXPECT_EQ(table->jit_interpreter_size, figure("interpreter_size"));
    for (const DebugOffset& member : table->members) {
        const Word* const word =
            std::ranges::find(kWords, std::string_view(member.name),
                              [](const Word& one) { return std::string_view(one.name); });
        ASSERT_NE(word, std::end(kWords)) << member.name;
        const std::string in = "word." + std::string(word->size) + ".";
        EXPECT_EQ(member.size, figure(in + "size")) << member.name;
        EXPECT_EQ(member.offset, figure(in + word->offset)) << member.name;
    }
}

}  // namespace
}  // namespace flowtap::version_headers_test
