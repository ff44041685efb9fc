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

// Decides who makes an answer: the network thread at once, or a worker while the connection is suspended.
class Dispatcher {
public:
    // Rings `wake` after a connection was resumed, because that alone does not wake the library from
    // epoll_wait(). Errors: as WorkQueue::make().
    static Result<std::unique_ptr<Dispatcher>> make(HttpService service, const HttpLimits& limits,
                                                    const Wake& wake);
    // Resumes every suspended connection, with an answer.
    ~Dispatcher();
    Dispatcher(const Dispatcher&) = delete;
    Dispatcher& operator=(const Dispatcher&) = delete;

    // Network thread; call once for each exchange. Returns true if there is a response. Otherwise the
    // connection is suspended, and resumed once there is one.
    bool dispatch(Exchange& exchange);

private:
    Dispatcher(HttpService service, const Wake& wake) : service_(std::move(service)), wake_(wake) {}

    // The jobs of the queues.
    void answer(Exchange& exchange);
    void check_password(Exchange& exchange);

    // Passes a suspended exchange to the queue.
    void submit(Exchange& exchange, WorkQueue& queue, void (Dispatcher::*job)(Exchange&));
    void resume(Exchange& exchange, HttpResponse response) const;
    HttpResponse answer(const HttpRequest& request) const;

    const HttpService service_;
    const Wake& wake_;
    std::atomic<bool> stopping_ = false;
    Authenticator authenticator_;
    std::unique_ptr<WorkQueue> workers_;
    std::unique_ptr<WorkQueue>
        passwords_;  // one thread, so guesses use at most one CPU; passes exchanges on to the workers
};

}  // namespace flowtap
