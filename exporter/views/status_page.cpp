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

std::string state_text(const StatusReport& report) {
    if (!report.health.good()) return "<span class=\"state bad\">Unhealthy</span>";
    if (!report.readiness.good()) return "<span class=\"state wait\">Not ready yet</span>";
    return "<span class=\"state good\">Healthy</span>";
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

std::string target_html(const TargetReport& target) {
    const std::string pid = std::to_string(target.pid);
    std::string summary = "<strong>" + escaped(target.executable) + "</strong> process " + pid + ", " +
                          std::string(label_of(target.state)) + " <small>" + escaped(target.profile) + ": " +
                          std::to_string(target.observed.size()) + " points observed";
    if (!target.unobserved.empty()) {
        summary += ", <span class=\"wait\">" + std::to_string(target.unobserved.size()) + " not</span>";
    }
    if (!target.inexact.empty()) {
        summary += ", <span class=\"wait\">" + std::to_string(target.inexact.size()) + " not exact</span>";
    }
    if (target.hits_per_second) summary += ", " + rate_text(*target.hits_per_second) + " probe hits";
    if (target.overhead) summary += ", " + share_text(*target.overhead) + " more CPU time";
    return "<details id=\"target-" + pid + "\"><summary>" + summary + "</small></summary>\n" +
           points("Not observed", target.unobserved) + points("Not exact", target.inexact) +
           points("Never hit yet", target.never_hit) + points("Observed", target.observed) + "</details>\n";
}

std::string targets_section(const std::vector<TargetReport>& targets) {
    std::string html = "<h2>Targets</h2>\n";
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

// What was tried at the start, and what a hit costs a target here.
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
