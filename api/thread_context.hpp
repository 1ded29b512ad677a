#pragma once

#include "actors/thread_context.hpp"
#include "api/cors_policy.hpp"
#include "api/event_texts.hpp"
#include "domain/answer_budget.hpp"
#include "domain/complaint_throttle.hpp"
#include "domain/idempotency_table.hpp"
#include "net/output_ledger.hpp"
#include "net/proxy_trust.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace bridgekeeper::api {

// The control API consists of actors and uses their vocabulary throughout.
using namespace actors;

/// Default limit of the output pending for all readers.
inline constexpr std::size_t default_output_bytes = 128 * 1024 * 1024;

/// The settings of control sessions and control channels.
struct control_options {
  std::size_t max_content = default_max_content;
  std::chrono::milliseconds default_timeout{660'000};
  std::size_t max_in_flight = 4096;
  /// Interval between comments on a silent event stream (contract section 4).
  std::chrono::milliseconds stream_keep_alive{15'000};
  /// Maximum number of live events waiting for the reader of an event stream.
  std::size_t stream_backlog = 1000;
  net::websocket_options session;
  /// Distinguishes this daemon's events from those of an earlier one; see
  /// `event_place`.
  std::string event_epoch = "0";
  /// Decides which web pages may call the daemon.
  cors_policy cors;
  /// Tokens are also accepted from `?token=`.
  bool query_tokens = true;
  /// The proxies that are trusted to name the client of a request.
  std::shared_ptr<const net::proxy_trust> proxies =
      std::make_shared<net::proxy_trust>();
  /// Set once the log has said that an untrusted peer sends forwarding headers.
  std::shared_ptr<std::atomic<bool>> forwarding_told =
      std::make_shared<std::atomic<bool>>(false);
};

/// Gathers what `GET /metrics` shows, and calls `then` with the text on the I/O
/// thread with this index, never within the call. Any thread.
using metrics_source = std::function<void(
    std::size_t thread, std::function<void(const std::string&)> then)>;

/// The state shared by the actors of one I/O thread, including those of the
/// control API.
struct thread_context : actors::thread_context {
  using actors::thread_context::thread_context;

  control_options control;
  /// The following two are shared by all threads: the output pending for event
  /// streams and control clients, and the memory of large responses.
  std::shared_ptr<net::output_ledger> output =
      std::make_shared<net::output_ledger>(default_output_bytes);
  std::shared_ptr<answer_budget> answers = std::make_shared<answer_budget>();
  /// The idempotency keys of a daemon without a store; shared by all threads.
  std::shared_ptr<idempotency_table> keys =
      std::make_shared<idempotency_table>();
  event_texts texts;
  /// The same for all threads; empty in tests.
  metrics_source gather_metrics;
  /// Limits the log lines about dropped readers to one a second.
  complaint_throttle dropped_readers;
};

} // namespace bridgekeeper::api
