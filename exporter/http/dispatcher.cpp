// SPDX-License-Identifier: Apache-2.0
#include "exporter/http/dispatcher.h"

#include <exception>
#include <utility>

namespace flowtap {

namespace {

HttpResponse unavailable(const char* why) { return {503, kPlainType, why, false, {{"Retry-After", "1"}}}; }

}  // namespace

Dispatcher::Dispatcher(HttpService service, const HttpLimits& limits, const Wake& wake)
    : service_(std::move(service)), wake_(wake), workers_(limits.workers, limits.waiting) {}

Dispatcher::~Dispatcher() { stopping_ = true; }

bool Dispatcher::dispatch(Exchange& exchange) {
    if (!service_.is_quick(exchange.request)) {
        suspend(exchange, workers_, &Dispatcher::answer);
        return false;
    }
    exchange.response = answer(exchange.request);
    return true;
}

// Suspended first: a worker may resume it before submit() returns.
void Dispatcher::suspend(Exchange& exchange, WorkQueue& queue, void (Dispatcher::*job)(Exchange&)) {
    MHD_suspend_connection(exchange.connection);
    if (!queue.submit([this, job, &exchange] { (this->*job)(exchange); })) {
        resume(exchange, unavailable("too many requests at once; try again\n"));
    }
}

void Dispatcher::answer(Exchange& exchange) {
    resume(exchange, stopping_ ? unavailable("flowtap is ending\n") : answer(exchange.request));
}

// The library's lock in there hands the response over to the network thread.
void Dispatcher::resume(Exchange& exchange, HttpResponse response) const {
    exchange.response = std::move(response);
    MHD_resume_connection(exchange.connection);
    wake_.ring();
}

// A callback that throws costs one answer.
HttpResponse Dispatcher::answer(const HttpRequest& request) const {
    try {
        return service_.answer(request);
    } catch (const std::exception&) {
        return {500, kPlainType, "the answer could not be made\n"};
    }
}

}  // namespace flowtap
