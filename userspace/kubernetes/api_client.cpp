// SPDX-License-Identifier: Apache-2.0
#include "kubernetes/api_client.h"

namespace flowtap {

namespace {

constexpr const char* kNoMemory = "libcurl is out of memory";

constexpr long kConnectPatience = 10'000;  // ms
constexpr int kPollPatience = 1000;        // ms; if libcurl cannot be woken

struct EasyCloser {
    void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
};
struct ListCloser {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Easy = std::unique_ptr<CURL, EasyCloser>;
using Headers = std::unique_ptr<curl_slist, ListCloser>;

struct Receiver {
    CURL* curl;
    const ApiClient::OnBytes& on_bytes;
};

// Drops the body of any answer but 200. Returns the number of bytes as received, since libcurl otherwise ends
// the transfer.
std::size_t receive(const char* data, std::size_t size, std::size_t count, void* into) {
    const auto& receiver = *static_cast<const Receiver*>(into);
    long status = 0;
    curl_easy_getinfo(receiver.curl, CURLINFO_RESPONSE_CODE, &status);
    const std::size_t bytes = size * count;
    if (status != 200) return bytes;
    return receiver.on_bytes({data, bytes}) ? bytes : 0;
}

Headers headers_of(const ApiRequest& request) {
    Headers headers(curl_slist_append(nullptr, ("Authorization: Bearer " + request.token).c_str()));
    curl_slist_append(headers.get(), ("Accept: " + request.accept).c_str());
    return headers;
}

void set_options(CURL* curl, const ApiRequest& request, const Headers& headers) {
    curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "flowtap");
    curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "gzip");
    curl_easy_setopt(curl, CURLOPT_CAINFO, request.ca_file.c_str());
    curl_easy_setopt(curl, CURLOPT_CAPATH, nullptr);
    // The file may change, so it is read for each connection.
    curl_easy_setopt(curl, CURLOPT_CA_CACHE_TIMEOUT, 0L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(request.patience.count()));
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, kConnectPatience);
    // A watch may be silent for minutes; keep-alive probes detect that its server is gone.
    curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(curl, CURLOPT_TCP_KEEPIDLE, 30L);
    curl_easy_setopt(curl, CURLOPT_TCP_KEEPINTVL, 10L);
}

// Adds a request to the multi handle for the lifetime of this object.
class Added {
public:
    Added(CURLM* multi, CURL* curl) : multi_(multi), curl_(curl) { curl_multi_add_handle(multi_, curl_); }
    ~Added() { curl_multi_remove_handle(multi_, curl_); }
    Added(const Added&) = delete;
    Added& operator=(const Added&) = delete;

private:
    CURLM* multi_;
    CURL* curl_;
};

}  // namespace

Result<std::unique_ptr<ApiClient>> ApiClient::make() {
    CURLM* multi = curl_multi_init();
    if (multi == nullptr) return Error{"ask the Kubernetes API server", "", kNoMemory};
    return std::unique_ptr<ApiClient>(new ApiClient(multi));
}

ApiAnswer ApiClient::get(const ApiRequest& request, const OnBytes& on_bytes) {
    const Easy curl(curl_easy_init());
    if (curl == nullptr) return {0, kNoMemory};
    const Headers headers = headers_of(request);
    set_options(curl.get(), request, headers);
    Receiver receiver{curl.get(), on_bytes};
    curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &receiver);
    const Added added(multi_.get(), curl.get());
    return perform(curl.get());
}

ApiAnswer ApiClient::perform(CURL* curl) {
    ApiAnswer answer;
    int running = 1;
    while (running != 0) {
        if (stopped_) return {0, "stopped"};
        if (curl_multi_perform(multi_.get(), &running) != CURLM_OK) return {0, kNoMemory};
        if (running != 0) curl_multi_poll(multi_.get(), nullptr, 0, kPollPatience, nullptr);
    }
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left))
        if (message->data.result != CURLE_OK) answer.cause = curl_easy_strerror(message->data.result);
    return answer;
}

void ApiClient::stop() {
    stopped_ = true;
    curl_multi_wakeup(multi_.get());
}

}  // namespace flowtap
