// SPDX-License-Identifier: Apache-2.0
#include "exporter/http/fetch.h"

#include <curl/curl.h>

#include <memory>
#include <string_view>

namespace flowtap {

namespace {

template <auto F>
struct Calls {
    template <typename T>
    void operator()(T* handle) const {
        F(handle);
    }
};
using Curl = std::unique_ptr<CURL, Calls<curl_easy_cleanup>>;
using Url = std::unique_ptr<CURLU, Calls<curl_url_cleanup>>;
using CurlText = std::unique_ptr<char, Calls<curl_free>>;

constexpr const char* kCheckUrl = "check that a flowtap daemon listens there";

Error error_of(const std::string& url, std::string cause, std::string remedy = kCheckUrl) {
    return {"fetch", url, std::move(cause), std::move(remedy)};
}

std::string part_of(const Url& url, CURLUPart part) {
    char* text = nullptr;
    if (curl_url_get(url.get(), part, &text, 0) != CURLUE_OK) return {};
    return CurlText(text).get();
}

struct Body {
    std::string text;
    std::size_t max_bytes;
};

std::size_t receive(const char* data, std::size_t size, std::size_t count, void* into) {
    auto& body = *static_cast<Body*>(into);
    const std::size_t bytes = size * count;
    if (bytes > body.max_bytes - body.text.size()) return 0;
    body.text.append(data, bytes);
    return bytes;
}

void set_options(CURL* curl, const FetchRequest& request, Body& body) {
    curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(request.patience.count()));
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_OPTIONAL));
    curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "gzip");
    if (!request.ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, request.ca_file.c_str());
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
}

std::string remedy_of(long status) {
    if (status == 401) return "give a user: http://USER:PASSWORD@HOST:PORT, or ~/.netrc";
    return kCheckUrl;
}

}  // namespace

std::string without_password(const std::string& url) {
    const Url parsed(curl_url());
    if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) return "URL";
    curl_url_set(parsed.get(), CURLUPART_USER, nullptr, 0);
    curl_url_set(parsed.get(), CURLUPART_PASSWORD, nullptr, 0);
    char* text = nullptr;
    if (curl_url_get(parsed.get(), CURLUPART_URL, &text, 0) != CURLUE_OK) return "URL";
    return CurlText(text).get();
}

Result<std::string> page_url(const std::string& base, const std::string& path) {
    const auto refused = [&base](const std::string& cause) {
        return Error{"read --url", "\"" + without_password(base) + "\"", cause,
                     "write, for example, http://localhost:9847", Error::Kind::kUsage};
    };
    const Url url(curl_url());
    if (curl_url_set(url.get(), CURLUPART_URL, base.c_str(), CURLU_GUESS_SCHEME) != CURLUE_OK)
        return refused("not a URL");
    const std::string scheme = part_of(url, CURLUPART_SCHEME);
    if (scheme != "http" && scheme != "https") return refused("neither http nor https");
    std::string directory = part_of(url, CURLUPART_PATH);
    while (directory.ends_with('/')) directory.pop_back();
    if (!directory.ends_with(path)) directory += path;
    curl_url_set(url.get(), CURLUPART_PATH, directory.c_str(), 0);
    return part_of(url, CURLUPART_URL);
}

Result<std::string> fetch(const FetchRequest& request) {
    const Curl curl(curl_easy_init());
    if (curl == nullptr) return error_of(without_password(request.url), "libcurl is out of memory", "");
    Body body{{}, request.max_bytes};
    set_options(curl.get(), request, body);
    const CURLcode code = curl_easy_perform(curl.get());
    if (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL) {
        return Error{"fetch", without_password(request.url), "not an HTTP URL", "write http://HOST:PORT",
                     Error::Kind::kUsage};
    }
    if (code == CURLE_WRITE_ERROR) return error_of(without_password(request.url), "the answer is too large");
    if (code != CURLE_OK) {
        return error_of(without_password(request.url), curl_easy_strerror(code),
                        "check the address, and that flowtap runs there");
    }
    long status = 0;
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
    if (status != 200) {
        return error_of(without_password(request.url), "it answered with status " + std::to_string(status),
                        remedy_of(status));
    }
    return std::move(body.text);
}

}  // namespace flowtap
