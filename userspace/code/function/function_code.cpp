// SPDX-License-Identifier: Apache-2.0
#include "code/function/function_code.h"

#include "code/function/function_tracer.h"

namespace flowtap {

Result<FunctionCode> FunctionCode::trace(const CodeSource& source, uint64_t entry) {
    return FunctionTracer(source, entry).run();
}

const FunctionCode::Node* FunctionCode::at(uint64_t address) const {
    const auto found = nodes_.find(address);
    return found == nodes_.end() ? nullptr : &found->second;
}

}  // namespace flowtap
