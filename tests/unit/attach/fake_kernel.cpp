// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/attach/fake_kernel.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace flowtap {
namespace {

std::string text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool has_ended(const Fd& reading) {
    pollfd asked = {reading.get(), POLLIN, 0};
    return ::poll(&asked, 1, 0) == 1 && (asked.revents & POLLHUP) != 0;
}

bool is_of_processes(Kernel::Table table) {
    return table != Kernel::Table::kNames && table != Kernel::Table::kReads && table != Kernel::Table::kPaths;
}

}  // namespace

int FakeKernel::step() {
    const std::size_t number = steps_++;
    hook_(number);
    return number == fails_at_ ? error_ : 0;
}

std::set<FakeKernel::Row> FakeKernel::rows() const {
    std::set<Row> rows;
    for (const auto& [place, value] : tables_)
        if (is_of_processes(place.first)) rows.emplace(place.first, place.second, value);
    return rows;
}

std::size_t FakeKernel::count(Table table) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(tables_, [&](const auto& one) { return one.first.first == table; }));
}

std::multiset<FakeKernel::Probe> FakeKernel::probes() const {
    std::multiset<Probe> probes;
    for (const Open& link : links_)
        if (!has_ended(link.reading)) probes.insert(link.probes.begin(), link.probes.end());
    return probes;
}

int FakeKernel::put(Table table, std::span<const std::byte> key, std::span<const std::byte> value) {
    if (const int error = step()) return error;
    const auto limit = limits_.find(table);
    const bool is_new = !tables_.contains({table, text_of(key)});
    if (is_new && limit != limits_.end() && count(table) >= limit->second) return E2BIG;
    tables_[{table, text_of(key)}] = text_of(value);
    return 0;
}

void FakeKernel::erase(Table table, std::span<const std::byte> key) { tables_.erase({table, text_of(key)}); }

void FakeKernel::forget_executions(std::uint32_t) { forgotten_++; }

int FakeKernel::open(const std::string& path, Fd& file) {
    if (const int error = step()) return error;
    file = Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    return file ? 0 : errno;
}

int FakeKernel::make_link(std::vector<Probe> probes, std::vector<Link>& made) {
    std::array<int, 2> ends = {};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return errno;
    std::erase_if(links_, [](const Open& link) { return has_ended(link.reading); });
    links_.push_back({Fd(ends[0]), std::move(probes)});
    made.emplace_back(Fd(ends[1]));
    return 0;
}

int FakeKernel::link(Program program, pid_t pid, const std::string& file, std::span<const Place> places,
                     std::vector<Link>& made) {
    std::vector<Probe> probes;
    for (const Place& place : places) {
        if (!links_many(program) || probes.empty())
            if (const int error = step()) return error;
        struct stat status = {};
        if (::stat(file.c_str(), &status) != 0) return errno;
        probes.push_back({status.st_ino, place.offset, program, pid});
        if (links_many(program)) continue;
        if (const int error = make_link(std::exchange(probes, {}), made)) return error;
    }
    return links_many(program) ? make_link(std::move(probes), made) : 0;
}

bool FakeKernel::links_many(Program program) const {
    return links_many_ && program != Program::kNativeReturn;
}

Result<std::vector<Fd>> FakeKernel::watch(pid_t pid, std::uint64_t, Program) {
    if (const int error = step())
        return errno_error("set a hardware watch in process", std::to_string(pid), error);
    std::vector<Fd> events;
    events.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    return events;
}

bool ProbedMemory::copy(std::uint64_t address, std::span<std::byte> out) const {
    if (address < start_ || address - start_ + out.size() > bytes_.size()) return false;
    const std::uint64_t offset = address - start_;
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
    for (const auto& [inode, at, program, pid] : kernel_.probes())
        if ((inode == inode_ || inode == second_inode_) && pid == pid_ && at >= offset &&
            at - offset < out.size())
            out[at - offset] = std::byte{0xcc};
    return true;
}

}  // namespace flowtap
