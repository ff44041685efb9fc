// SPDX-License-Identifier: Apache-2.0
#include "process/proc_maps.h"

#include <charconv>

namespace flowtap {

namespace {

// Takes fields off the front of a line; once one has failed, so does every later one.
class LineReader {
public:
    explicit LineReader(std::string_view line) : rest_(line) {}

    template <typename T>
    T number(int base) {
        T value = 0;
        const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value, base);
        if (error != std::errc()) {
            ok_ = false;
        } else {
            rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
        }
        return value;
    }

    void expect(char wanted) {
        if (rest_.empty() || rest_.front() != wanted) {
            ok_ = false;
        } else {
            rest_.remove_prefix(1);
        }
    }

    std::string_view word() {
        const std::string_view taken = rest_.substr(0, rest_.find(' '));
        rest_.remove_prefix(taken.size());
        return taken;
    }

    std::string_view rest_after_blanks() {
        rest_.remove_prefix(std::min(rest_.find_first_not_of(' '), rest_.size()));
        return rest_;
    }

    [[nodiscard]] bool ok() const { return ok_; }

private:
    std::string_view rest_;
    bool ok_ = true;
};

}  // namespace

std::optional<Mapping> parse_mapping(std::string_view line) {
    LineReader reader(line);
    Mapping mapping;
    mapping.start = reader.number<std::uint64_t>(16);
    reader.expect('-');
    mapping.end = reader.number<std::uint64_t>(16);
    reader.expect(' ');
    mapping.executable = reader.word().find('x') != std::string_view::npos;
    reader.expect(' ');
    mapping.offset = reader.number<std::uint64_t>(16);
    reader.expect(' ');
    mapping.device_major = reader.number<std::uint32_t>(16);
    reader.expect(':');
    mapping.device_minor = reader.number<std::uint32_t>(16);
    reader.expect(' ');
    mapping.inode = reader.number<std::uint64_t>(10);
    if (!reader.ok() || mapping.start >= mapping.end) return std::nullopt;
    mapping.path = reader.rest_after_blanks();
    return mapping;
}

std::vector<Mapping> parse_file_mappings(std::string_view maps) {
    std::vector<Mapping> mappings;
    while (!maps.empty()) {
        const std::size_t end = std::min(maps.find('\n'), maps.size());
        std::optional<Mapping> mapping = parse_mapping(maps.substr(0, end));
        if (mapping && mapping->inode != 0 && mapping->path.starts_with('/'))
            mappings.push_back(std::move(*mapping));
        maps.remove_prefix(std::min(end + 1, maps.size()));
    }
    return mappings;
}

}  // namespace flowtap
