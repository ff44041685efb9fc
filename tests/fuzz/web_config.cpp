// SPDX-License-Identifier: Apache-2.0
#include "exporter/http/access/web_config.h"

#include "exporter/http/listen_address.h"
#include "input.h"

using namespace flowtap;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::text_of(data, size);
    const fuzz::File file(text);
    (void)read_web_config(file.path());
    if (const Result<ListenAddress> address = parse_listen_address(text)) {
        const Result<ListenAddress> again = parse_listen_address(to_string(*address));
        fuzz::require(again && *again == *address);
    }
    return 0;
}
