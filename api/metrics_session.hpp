#pragma once

#include "api/thread_context.hpp"
#include "net/http_session.hpp"

#include <memory>

namespace bridgekeeper::api {

/// Serves `GET /metrics`, without a token and nothing else, on a connection to
/// an address of `metrics.listen`. The connection ends when its peer closes it,
/// or when the clients of the thread are told to leave. Called on the thread of
/// `context`, which must outlive the connection.
void serve_metrics(thread_context& context,
                   std::shared_ptr<net::http_session> session);

} // namespace bridgekeeper::api
