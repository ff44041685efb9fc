// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>

namespace flowtap {

// Maps each distinct text to a small number, starting at 0. A text keeps its number as long as it is held,
// and after that until another text needs the number. Texts come from targets, so their number over time is
// unbounded.
class HeldNumbers {
public:
    using Hold = std::shared_ptr<const std::uint32_t>;  // the number

    // More than `keep` numbers are in use only if that many are held.
    explicit HeldNumbers(std::size_t keep) : state_(std::make_shared<State>()) { state_->keep = keep; }

    Hold hold(const std::string& text) {
        State& state = *state_;
        const auto known = state.known.try_emplace(text);
        const auto entry = known.first;
        if (known.second) {
            entry->second.number = state.new_number();
        } else if (Hold held = entry->second.held.lock()) {
            return held;
        } else {
            state.unheld.erase(entry->second.place);
        }
        const auto let_go = [kept = state_, entry](const std::uint32_t* number) {
            entry->second.place = kept->unheld.insert(kept->unheld.end(), entry);
            entry->second.held.reset();  // otherwise the state would keep itself alive
            delete number;
        };
        Hold made(new std::uint32_t(entry->second.number), let_go);
        entry->second.held = made;
        return made;
    }

    // How many texts have a number.
    [[nodiscard]] std::size_t count() const { return state_->known.size(); }

private:
    struct Entry;
    using Known = std::map<std::string, Entry>;
    using Unheld = std::list<Known::iterator>;  // the text released first is first
    struct Entry {
        std::uint32_t number = 0;
        std::weak_ptr<const std::uint32_t> held;
        Unheld::iterator place;  // position in `unheld` if it is not held
    };
    // Lives as long as the last hold, even after this object.
    struct State {
        std::size_t keep = 0;
        std::uint32_t next = 0;
        Known known;
        Unheld unheld;

        std::uint32_t new_number() {
            if (next < keep || unheld.empty()) return next++;
            const Known::iterator oldest = unheld.front();
            const std::uint32_t number = oldest->second.number;
            unheld.pop_front();
            known.erase(oldest);
            return number;
        }
    };

    std::shared_ptr<State> state_;
};

}  // namespace flowtap
