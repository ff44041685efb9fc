// SPDX-License-Identifier: Apache-2.0
#include "compared.h"

#include <iomanip>
#include <iostream>

namespace flowtap::system_test {

void print_times(const std::string& program, const Child& alone, const Child& observed) {
    std::cout << "differential: " << std::left << std::setw(40) << program << std::right << std::fixed
              << std::setprecision(2) << std::setw(8) << alone.processor_seconds() << std::setw(10)
              << observed.processor_seconds() << "\n";
}

}  // namespace flowtap::system_test
