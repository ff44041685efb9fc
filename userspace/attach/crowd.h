// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>

namespace flowtap {

// Counts the holders of each place.
template <typename Place>
class Crowd {
public:
    using Hold = std::shared_ptr<const Place>;  // the holder leaves when the last copy is destroyed

    Hold join(const Place& place) {
        ++(*counts_)[place];
        return {new Place(place), [counts = counts_](const Place* held) {
                    const auto known = counts->find(*held);
                    if (--known->second == 0) counts->erase(known);
                    delete held;
                }};
    }

    [[nodiscard]] std::uint32_t at(const Place& place) const {
        const auto known = counts_->find(place);
        return known == counts_->end() ? 0 : known->second;
    }

private:
    // Lives as long as the last hold, even after this object.
    std::shared_ptr<std::map<Place, std::uint32_t>> counts_ =
        std::make_shared<std::map<Place, std::uint32_t>>();
};

}  // namespace flowtap
