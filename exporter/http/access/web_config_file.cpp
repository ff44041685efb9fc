// SPDX-License-Identifier: Apache-2.0
#include "exporter/http/access/web_config_file.h"

#include <sys/stat.h>

#include <utility>

namespace flowtap {

namespace {

std::vector<std::string> certificates_of(const WebConfig& config) {
    std::vector<std::string> files;
    if (!config.tls) return files;
    for (const auto* file : {&config.tls->cert_file, &config.tls->key_file, &config.tls->client_ca_file}) {
        if (!file->empty()) files.push_back(*file);
    }
    return files;
}

// Changes when the file is written or replaced.
std::string state_of(const std::string& file) {
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0) return "absent;";
    return std::to_string(status.st_ino) + "," + std::to_string(status.st_size) + "," +
           std::to_string(status.st_mtim.tv_sec) + "." + std::to_string(status.st_mtim.tv_nsec) + ";";
}

std::string state_of(const std::vector<std::string>& files) {
    std::string states;
    for (const std::string& file : files) states += state_of(file);
    return states;
}

}  // namespace

Result<WebConfigFile> WebConfigFile::open(std::string path, Log log) {
    WebConfigFile file(std::move(path), std::move(log));
    if (file.path_.empty()) return file;
    if (Result<void> done = file.read(); !done) return done.error();
    return file;
}

const std::shared_ptr<const WebSettings>& WebConfigFile::current() {
    if (path_.empty() || state_of(path_) + state_of(certificates_) == seen_) return settings_;
    const bool used_tls = settings_->tls != nullptr;
    const auto before = settings_;
    Result<void> done = read();
    if (done && (settings_->tls != nullptr) != used_tls) {
        settings_ = before;
        done = Error{"reload web config", path_, "TLS cannot be switched on or off", "restart flowtap"};
    }
    if (!done) log_("the web config is unchanged: " + done.error().message());
    return settings_;
}

// Notes the files' states before it reads them: a file that changes meanwhile is read again.
Result<void> WebConfigFile::read() {
    const std::string own = state_of(path_);
    seen_ = own + state_of(certificates_);
    Result<WebConfig> config = read_web_config(path_);
    if (!config) return config.error();
    certificates_ = certificates_of(*config);
    seen_ = own + state_of(certificates_);
    auto settings = std::make_shared<WebSettings>();
    if (config->tls) {
        auto tls = TlsSettings::load(*config->tls);
        if (!tls) return tls.error();
        settings->tls = std::move(*tls);
    }
    settings->config = std::move(*config);
    settings_ = std::move(settings);
    return {};
}

}  // namespace flowtap
