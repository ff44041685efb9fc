// SPDX-License-Identifier: Apache-2.0
#include "exporter/views/status_page.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "exporter/metrics/activity_tables.h"
#include "exporter/views/html.h"
#include "exporter/views/human_numbers.h"
#include "exporter/views/page_assets.h"

namespace flowtap {

namespace {

std::string whole_text(const StatusReport& report) {
    std::size_t targets = 0;
    std::size_t points = 0;
    for (const TargetReport& target : report.targets) {
        if (target.state != TargetState::kAttached) continue;
        ++targets;
        points += target.observed.size();
    }
    return counted_text(targets, "process") + ", " + counted_text(points, "point") + " observed";
}

std::string state_text(const StatusReport& report) {
    if (!report.health.good()) return "<span class=\"state bad\">Unhealthy</span>";
    if (!report.readiness.good()) return "<span class=\"state wait\">Not ready yet</span>";
    const std::vector<std::string> degraded = degradations_of(report);
    if (degraded.empty())
        return "<span class=\"state good\">Healthy</span> <span class=\"note\">" + whole_text(report) +
               "</span>";
    std::string html = "<span class=\"state wait\">Degraded</span>: ";
    for (const std::string& line : degraded) html += (&line == &degraded.front() ? "" : ", ") + line;
    return html + ". <a href=\"#targets\">What and why</a> <span class=\"note\">" + whole_text(report) +
           "</span>";
}

std::string reasons_list(const StatusReport& report) {
    std::string items;
    for (const Verdict* verdict : {&report.health, &report.readiness}) {
        for (const auto& reason : verdict->reasons) items += "<li>" + escaped(reason) + "</li>";
    }
    for (const auto& warning : warnings_of(report)) items += "<li>" + escaped(warning) + "</li>";
    return items.empty() ? "" : "<div class=\"reasons\"><ul>" + items + "</ul></div>\n";
}

std::string points(const char* title, const std::vector<std::string>& lines) {
    if (lines.empty()) return "";
    std::string html = "<h3>" + std::string(title) + "</h3><ul>";
    for (const auto& line : lines) html += "<li>" + escaped(line) + "</li>";
    return html + "</ul>\n";
}

// Number of following points, including this one, that share its probes; 0: an earlier one has the same
// group.
std::size_t group_size(const std::vector<PointReport>& points, std::size_t index) {
    const std::string& group = points[index].group;
    if (group.empty()) return 1;
    if (index > 0 && points[index - 1].group == group) return 0;
    std::size_t end = index;
    while (end < points.size() && points[end].group == group) ++end;
    return end - index;
}

std::string shared_cell(const char* title, const std::string& text, std::size_t rows) {
    const std::string span = rows > 1 ? " rowspan=\"" + std::to_string(rows) + "\"" : "";
    return "<td class=\"n\" data-t=\"" + std::string(title) + "\"" + span + ">" + text + "</td>";
}

std::string point_html(const std::vector<PointReport>& points, std::size_t index) {
    const PointReport& point = points[index];
    const bool alarming = point.state == PointState::kInexact || point.state == PointState::kUnobserved;
    const std::string state(label_of(point.state));
    std::string html = "<tr><th scope=\"row\">" + escaped(point.name);
    if (!point.remark.empty()) html += "<small>" + escaped(point.remark) + "</small>";
    html += "</th><td data-t=\"State\" class=\"" + std::string(alarming ? "wait" : "good") + "\">" + state +
            "</td><td data-t=\"Observed by\">" + escaped(point.mechanism.empty() ? "–" : point.mechanism) +
            "</td><td class=\"n\" data-t=\"Executions\">" + count_text(point.executions) + "</td>";
    const std::size_t rows = group_size(points, index);
    if (rows == 0) return html + "</tr>\n";
    html += shared_cell("Probe hits", point.hits ? count_text(*point.hits) : "–", rows);
    return html + shared_cell("CPU time added", duration_text(point.added_seconds), rows) + "</tr>\n";
}

// Points of a group are adjacent.
std::string points_table(std::vector<PointReport> points) {
    if (points.empty()) return "";
    std::ranges::stable_sort(points, [](const PointReport& left, const PointReport& right) {
        return left.group.empty() != right.group.empty() ? left.group.empty() : left.group < right.group;
    });
    std::string html =
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Points\"><table><thead><tr>"
        "<th scope=\"col\">Point</th><th scope=\"col\">State</th><th scope=\"col\">Observed by</th>"
        "<th scope=\"col\" class=\"n\">Executions</th><th scope=\"col\" class=\"n\">Probe hits</th>"
        "<th scope=\"col\" class=\"n\">CPU time added</th></tr></thead><tbody>\n";
    for (std::size_t i = 0; i < points.size(); ++i) html += point_html(points, i);
    return html +
           "</tbody></table></div>\n<p class=\"note\">Points with the same probes share one count of hits "
           "and one cost. All are counted since the attach.</p>\n";
}

std::string counted_points(const TargetReport& target, PointState state, const char* what) {
    const auto count = std::ranges::count(target.points, state, &PointReport::state);
    return count == 0 ? "" : ", <span class=\"wait\">" + std::to_string(count) + " " + what + "</span>";
}

// A refused process has no points, but a reason.
std::string target_details(const TargetReport& target) {
    if (!target.points.empty()) return points_table(target.points);
    return points("Not observed", target.unobserved) + points("Not exact", target.inexact);
}

std::string target_html(const TargetReport& target) {
    const std::string pid = std::to_string(target.pid);
    std::string summary = "<strong>" + escaped(target.executable) + "</strong> process " + pid + ", " +
                          std::string(label_of(target.state)) + " <small>";
    if (!target.profile.empty())
        summary +=
            escaped(target.profile) + ": " + counted_text(target.observed.size(), "point") + " observed";
    summary += counted_points(target, PointState::kUnobserved, "not observed") +
               counted_points(target, PointState::kInexact, "not exact");
    const auto waiting = std::ranges::count(target.points, PointState::kWaiting, &PointReport::state);
    if (waiting != 0)
        summary += ", " + std::to_string(waiting) + " waiting for " + (waiting == 1 ? "its" : "their") +
                   " module or class";
    if (target.hits_per_second) summary += ", " + rate_text(*target.hits_per_second) + " probe hits";
    if (target.overhead) summary += ", " + share_text(*target.overhead) + " more CPU time";
    return "<details id=\"target-" + pid + "\"><summary>" + summary + "</small></summary>\n" +
           target_details(target) + "</details>\n";
}

std::string targets_section(const std::vector<TargetReport>& targets) {
    std::string html = "<h2 id=\"targets\">Targets</h2>\n";
    if (targets.empty()) return html + "<p class=\"note\">No process is being watched.</p>\n";
    for (const auto& target : targets) html += target_html(target);
    return html;
}

std::string mechanism_html(const MechanismProof& proof) {
    std::string html = "<li>" + escaped(mechanism_name(proof.mechanism)) + ": ";
    if (proof.available)
        return html + "fired " + std::to_string(proof.fired) + " of " + std::to_string(proof.triggered) +
               "</li>";
    html += "<span class=\"wait\">does not work</span>: " + escaped(proof.reason);
    if (!proof.remedy.empty()) html += " (" + escaped(proof.remedy) + ")";
    return html + "</li>";
}

std::string price_html(const char* what, const std::optional<double>& price) {
    if (!price) return "";
    return "<li>" + std::string(what) + ": " + duration_text(price) + "</li>";
}

// The results of the self-test, and what a hit costs a target here.
std::string machine_section(const MachineFacts& machine) {
    if (machine.proofs.empty()) return "";
    const auto working = std::ranges::count(machine.proofs, true, &MechanismProof::available);
    std::string html = "<h2>Machine</h2>\n<details id=\"machine\"><summary>" + std::to_string(working) +
                       " of " + std::to_string(machine.proofs.size()) + " mechanisms work</summary>\n<ul>";
    for (const MechanismProof& proof : machine.proofs) html += mechanism_html(proof);
    html += "</ul>\n<h3>CPU time of a target per hit</h3><ul>";
    html += price_html("uprobe on an emulated instruction", machine.prices.emulated);
    html += price_html("uprobe on a single-stepped instruction", machine.prices.single_stepped);
    html += price_html("hardware watch", machine.prices.hardware_watch);
    html += price_html("switch to a watched thread", machine.prices.watched_switch);
    return html + "</ul></details>\n";
}

std::string base64(const std::array<unsigned char, 32>& bytes) {
    gnutls_datum_t in{const_cast<unsigned char*>(bytes.data()), static_cast<unsigned>(bytes.size())};
    gnutls_datum_t out{};
    if (::gnutls_base64_encode2(&in, &out) < 0) return {};
    std::string text(reinterpret_cast<const char*>(out.data), out.size);
    ::gnutls_free(out.data);
    return text;
}

std::string make_policy() {
    std::array<unsigned char, 32> digest{};
    ::gnutls_hash_fast(GNUTLS_DIG_SHA256, kPageScript.data(), kPageScript.size(), digest.data());
    return "default-src 'none'; style-src 'unsafe-inline'; connect-src 'self'; script-src 'sha256-" +
           base64(digest) + "'";
}

}  // namespace

std::string to_html(const StatusReport& report) {
    std::string html =
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>flowtap</title>\n"
        "<link rel=\"icon\" href=\"data:,\">\n<style>" +
        std::string(kPageStyle) + "</style></head><body>\n";
    html += "<header><h1>flowtap <small>" + escaped(report.version) +
            "</small></h1><nav><a href=\"metrics\">Metrics</a> <a href=\"api/v1/status\">JSON</a> "
            "<a href=\"health\">Health</a> <a href=\"ready\">Readiness</a> "
            "<button id=\"pause\" hidden>Pause</button></nav></header>\n"
            "<p id=\"stale\" class=\"bad\" role=\"status\" hidden></p>\n<main>\n";
    html += "<p>" + state_text(report) + "</p>\n" + reasons_list(report);
    html += activity_sections(report.activity) + targets_section(report.targets) +
            machine_section(report.machine);
    return html + "</main>\n<script>" + std::string(kPageScript) + "</script></body></html>\n";
}

const std::string& status_page_policy() {
    static const std::string kPolicy = make_policy();
    return kPolicy;
}

}  // namespace flowtap
