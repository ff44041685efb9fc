// SPDX-License-Identifier: Apache-2.0
#include "kernel_tables.h"

#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bit>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "base/fd.h"

namespace flowtap::system_test {
namespace {

int bpf(bpf_cmd command, bpf_attr& attributes) {
    return static_cast<int>(::syscall(SYS_bpf, command, &attributes, sizeof(attributes)));
}

template <typename T>
std::uint64_t pointer_to(T* object) {
    return std::bit_cast<std::uint64_t>(object);
}

std::size_t count_keys(int table, std::size_t key_size) {
    std::vector<std::byte> key(key_size);
    std::size_t count = 0;
    bpf_attr attributes = {};
    attributes.map_fd = static_cast<std::uint32_t>(table);
    attributes.next_key = pointer_to(key.data());
    while (bpf(BPF_MAP_GET_NEXT_KEY, attributes) == 0) {
        attributes.key = pointer_to(key.data());
        ++count;
    }
    return count;
}

void add_table(KernelHoldings& holdings, std::uint32_t id) {
    bpf_attr by_id = {};
    by_id.map_id = id;
    const Fd table(bpf(BPF_MAP_GET_FD_BY_ID, by_id));
    bpf_map_info info = {};
    bpf_attr ask = {};
    ask.info.bpf_fd = static_cast<std::uint32_t>(table.get());
    ask.info.info_len = sizeof(info);
    ask.info.info = pointer_to(&info);
    if (!table || bpf(BPF_OBJ_GET_INFO_BY_FD, ask) != 0 || info.type != BPF_MAP_TYPE_HASH) return;
    holdings.entries[info.name] = count_keys(table.get(), info.key_size);
}

}  // namespace

KernelHoldings kernel_holdings(pid_t pid) {
    namespace fs = std::filesystem;
    KernelHoldings holdings;
    const fs::path directory = "/proc/" + std::to_string(pid);
    for (const auto& entry : fs::directory_iterator(directory / "fdinfo")) {
        std::error_code closed_since;
        holdings.descriptors.insert(
            fs::read_symlink(directory / "fd" / entry.path().filename(), closed_since));
        std::ifstream lines(entry.path());
        for (std::string line; std::getline(lines, line);) {
            std::uint32_t id = 0;
            if (line.starts_with("map_id:") && std::istringstream(line.substr(7)) >> id)
                add_table(holdings, id);
            if (line.starts_with("link_type:")) ++holdings.links;
        }
    }
    return holdings;
}

}  // namespace flowtap::system_test
