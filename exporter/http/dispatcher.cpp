// SPDX-License-Identifier: Apache-2.0
#include "exporter/http/dispatcher.h"

#include <exception>
#include <utility>

namespace flowtap {

namespace {

HttpResponse unavailable(const char* why) { return {503, kPlainType, why, false, {{"Retry-After", "1"}}}; }

HttpResponse unauthorized() {
    return {401,
            kPlainType,
            "this page requires a user name and a password\n",
            false,
            {{"WWW-Authenticate", "Basic realm=\"flowtap\", charset=\"UTF-8\""}}};
}

}  // namespace

Result<std::unique_ptr<Dispatcher>> Dispatcher::make(HttpService service, const HttpLimits& limits,
                                                     const Wake& wake) {
    Result<std::unique_ptr<WorkQueue>> workers = WorkQueue::make(limits.workers, limits.waiting);
    if (!workers) return workers.error();
    Result<std::unique_ptr<WorkQueue>> passwords = WorkQueue::make(1, limits.waiting);
    if (!passwords) return passwords.error();
    std::unique_ptr<Dispatcher> dispatcher(new Dispatcher(std::move(service), wake));
    dispatcher->workers_ = std::move(*workers);
    dispatcher->passwords_ = std::move(*passwords);
    return dispatcher;
}

Dispatcher::~Dispatcher() { stopping_ = true; }

bool Dispatcher::dispatch(Exchange& exchange) {
    const Users& users = exchange.settings->config.users;
    auto access = Authenticator::Answer::kGranted;
    if (!users.empty()) {
        access = exchange.credentials ? authenticator_.recall(users, *exchange.credentials)
                                      : Authenticator::Answer::kRefused;
    }
    if (access == Authenticator::Answer::kRefused) {
        exchange.response = unauthorized();
        return true;
    }
    const bool granted = access == Authenticator::Answer::kGranted;
    if (granted && service_.is_quick(exchange.request)) {
        exchange.response = answer(exchange.request);
        return true;
    }
    MHD_suspend_connection(exchange.connection);
    if (granted) {
        submit(exchange, *workers_, &Dispatcher::answer);
    } else {
        submit(exchange, *passwords_, &Dispatcher::check_password);
    }
    return false;
}

void Dispatcher::submit(Exchange& exchange, WorkQueue& queue, void (Dispatcher::*job)(Exchange&)) {
    if (!queue.submit([this, job, &exchange] { (this->*job)(exchange); })) {
        resume(exchange, unavailable("too many requests at once; try again\n"));
    }
}

void Dispatcher::answer(Exchange& exchange) {
    resume(exchange, stopping_ ? unavailable("flowtap is shutting down\n") : answer(exchange.request));
}

void Dispatcher::check_password(Exchange& exchange) {
    if (stopping_) {
        resume(exchange, unavailable("flowtap is shutting down\n"));
    } else if (!authenticator_.check(exchange.settings->config.users, *exchange.credentials)) {
        resume(exchange, unauthorized());
    } else if (service_.is_quick(exchange.request)) {
        resume(exchange, answer(exchange.request));
    } else {
        submit(exchange, *workers_, &Dispatcher::answer);
    }
}

// The library's lock inside MHD_resume_connection() hands the response over to the network thread.
void Dispatcher::resume(Exchange& exchange, HttpResponse response) const {
    exchange.response = std::move(response);
    MHD_resume_connection(exchange.connection);
    wake_.ring();
}

// If a callback throws, only this answer is lost.
HttpResponse Dispatcher::answer(const HttpRequest& request) const {
    try {
        return service_.answer(request);
    } catch (const std::exception&) {
        return {500, kPlainType, "flowtap could not create the response; it may be short of memory\n"};
    }
}

}  // namespace flowtap
