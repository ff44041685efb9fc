// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include "base/result.h"
#include "exporter/http/exchange.h"
#include "exporter/http/http_limits.h"
#include "exporter/http/http_service.h"
#include "exporter/http/wake.h"
#include "exporter/http/work_queue.h"

namespace flowtap {

// Who makes an answer: the network thread at once, or a worker while the connection is suspended.
class Dispatcher {
public:
    // `wake` rings after a connection was resumed, which alone does not get the library out of epoll_wait().
    // Errors: as WorkQueue::make().
    static Result<std::unique_ptr<Dispatcher>> make(HttpService service, const HttpLimits& limits,
                                                    const Wake& wake);
    // Every suspended connection has been resumed after that, with an answer.
    ~Dispatcher();
    Dispatcher(const Dispatcher&) = delete;
    Dispatcher& operator=(const Dispatcher&) = delete;

    // Network thread, once for each exchange. True: there is a response. False: the connection is suspended,
    // and resumed when there is one.
    bool dispatch(Exchange& exchange);

private:
    Dispatcher(HttpService service, const Wake& wake) : service_(std::move(service)), wake_(wake) {}

    // The jobs.
    void answer(Exchange& exchange);
    void check_password(Exchange& exchange);

    // Hands a suspended one to the queue.
    void submit(Exchange& exchange, WorkQueue& queue, void (Dispatcher::*job)(Exchange&));
    void resume(Exchange& exchange, HttpResponse response) const;
    HttpResponse answer(const HttpRequest& request) const;

    const HttpService service_;
    const Wake& wake_;
    std::atomic<bool> stopping_ = false;
    Gatekeeper gatekeeper_;
    std::unique_ptr<WorkQueue> workers_;
    std::unique_ptr<WorkQueue>
        passwords_;  // one thread: guesses take no more than one CPU; hands over to the workers
};

}  // namespace flowtap
