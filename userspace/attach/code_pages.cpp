// SPDX-License-Identifier: Apache-2.0
#include "attach/code_pages.h"

#include <bpf/bpf.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/fd.h"
#include "bpf/event.h"

namespace flowtap {

// Each read returns as many whole rows as fit (kernel/bpf/bpf_iter.c, bpf_seq_read()).
CodePages read_code_pages(int iterator_link) {
    CodePages pages;
    const Fd iterator(bpf_iter_create(iterator_link));
    std::array<ft_code_pages, 2048> rows;
    const auto read_rows = [&] { return iterator ? ::read(iterator.get(), rows.data(), sizeof(rows)) : 0; };
    for (ssize_t got = read_rows(); got > 0 || (got < 0 && errno == EINTR); got = read_rows()) {
        for (ssize_t i = 0; i < got / static_cast<ssize_t>(sizeof(rows[0])); i++) {
            const ft_code_pages& row = rows[static_cast<std::size_t>(i)];
            pages[static_cast<pid_t>(row.tgid)] = row.pages;
        }
    }
    return pages;
}

}  // namespace flowtap
