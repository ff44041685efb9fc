// SPDX-License-Identifier: Apache-2.0
#include "input.h"
#include "settings/config_file.h"

using namespace flowtap;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const fuzz::File file(fuzz::text_of(data, size));
    RunOptions options;
    const auto nothing = [](std::string_view) { return false; };
    const Result<void> done = read_config_file(file.path(), nothing, options);
    if (!done) fuzz::require(done.error().kind == Error::Kind::kUsage);
    return 0;
}
