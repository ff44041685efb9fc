// SPDX-License-Identifier: Apache-2.0
#include "yaml/problems.h"

#include <algorithm>

namespace flowtap {

void Problems::add(int line, std::string cause, std::string remedy) {
    if (problems_.size() < FileLimits::kErrors) {
        problems_.push_back({line, std::move(cause), std::move(remedy)});
    } else {
        ++unsaid_;
    }
}

Error Problems::to_error(const Problem& problem) const {
    auto subject = source_;
    if (problem.line > 0) subject += ":" + std::to_string(problem.line);
    return {"load " + what_, std::move(subject), problem.cause, problem.remedy, Error::Kind::kUsage};
}

LoadErrors Problems::take() && {
    std::stable_sort(problems_.begin(), problems_.end(),
                     [](const Problem& a, const Problem& b) { return a.line < b.line; });
    LoadErrors result;
    for (const auto& problem : problems_) result.errors.push_back(to_error(problem));
    if (unsaid_ > 0) {
        result.errors.push_back(to_error({0, "and " + std::to_string(unsaid_) + " more", "fix these first"}));
    }
    return result;
}

Error to_error(const LoadErrors& errors) {
    auto all = errors.errors.front();
    for (std::size_t i = 1; i < errors.errors.size(); ++i) all.others.push_back(errors.errors[i].message());
    return all;
}

}  // namespace flowtap
