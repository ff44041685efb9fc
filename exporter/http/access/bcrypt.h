// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

namespace flowtap {

// Why `hash` cannot be used as a bcrypt hash ("$2y$10$" and 53 characters); nullopt: it can. A cost above 16
// is refused: one check would take several seconds.
std::optional<std::string> bcrypt_fault(const std::string& hash);

// Slow by design: about 50 ms at cost 10. Precondition: no bcrypt_fault(hash).
bool matches_bcrypt(const std::string& password, const std::string& hash);

}  // namespace flowtap
