// SPDX-License-Identifier: Apache-2.0
#include "exporter/views/top_keys.h"

#include <utility>

namespace flowtap {

namespace {

constexpr char kEscape = '\x1b';
constexpr std::size_t kLongestFilter = 64;

constexpr std::pair<char, TopOrder> kOrders[] = {
    {'r', TopOrder::kRate}, {'e', TopOrder::kErrors}, {'a', TopOrder::kActive},      {'5', TopOrder::kP50},
    {'9', TopOrder::kP99},  {'t', TopOrder::kShare},  {'c', TopOrder::kCriticalPath}};

constexpr std::pair<char, TopPane> kPanes[] = {{'?', TopPane::kPoints}, {'x', TopPane::kErrors}};

void erase_character(std::string& text) {
    while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xc0) == 0x80) text.pop_back();
    if (!text.empty()) text.pop_back();
}

void type_filter(TopView& view, char key) {
    if (key == '\n' || key == '\r') {
        view.filtering = false;
    } else if (key == '\x7f' || key == '\b') {
        erase_character(view.filter);
    } else if (static_cast<unsigned char>(key) >= ' ' && view.filter.size() < kLongestFilter) {
        view.filter += key;
    }
}

void escape(TopView& view) {
    view.filtering = false;
    view.filter.clear();
    view.pane = TopPane::kTables;
}

KeyMeaning press(TopView& view, char key) {
    if (view.filtering) {
        type_filter(view, key);
        return KeyMeaning::kStay;
    }
    if (key == 'q') return KeyMeaning::kQuit;
    if (key == ' ') view.paused = !view.paused;
    if (key == '/') view.filtering = true;
    for (const auto& [name, order] : kOrders)
        if (key == name) view.order = order;
    for (const auto& [name, pane] : kPanes)
        if (key == name) view.pane = view.pane == pane ? TopPane::kTables : pane;
    return KeyMeaning::kStay;
}

}  // namespace

KeyMeaning type_keys(TopView& view, std::string_view keys) {
    if (keys == std::string_view(&kEscape, 1)) escape(view);
    if (keys.starts_with(kEscape)) return KeyMeaning::kStay;
    for (const char key : keys)
        if (press(view, key) == KeyMeaning::kQuit) return KeyMeaning::kQuit;
    return KeyMeaning::kStay;
}

std::vector<std::string> key_lines() {
    return {"q quit   space pause   ? points and keys   x errors by type",
            "/ filter by workflow, node or type: Enter keeps it, Esc clears it",
            "sort by: r rate, e errors, a active, 5 p50, 9 p99, c critical path, t time"};
}

}  // namespace flowtap
