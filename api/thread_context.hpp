#pragma once

#include "actors/thread_context.hpp"
#include "api/cors_policy.hpp"
#include "api/event_texts.hpp"
#include "domain/answer_budget.hpp"
#include "domain/complaint_throttle.hpp"
#include "net/output_ledger.hpp"
#include "net/proxy_trust.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

namespace bridgekeeper::api {

// The control API consists of actors and speaks to actors.
using namespace actors;

/// What may wait for readers in all, where nobody says otherwise.
inline constexpr std::size_t default_output_bytes = 128 * 1024 * 1024;

/// What control sessions and channels go by.
struct control_options {
  std::size_t max_content = default_max_content;
  std::chrono::milliseconds default_timeout{600'000};
  std::size_t max_in_flight = 4096;
  /// Between comment lines on a silent event stream (contract section 4).
  std::chrono::milliseconds stream_keep_alive{15'000};
  /// Results that may wait for a slow reader of an event stream.
  std::size_t stream_backlog = 1000;
  net::websocket_options session;
  /// Tells this daemon's events from those of an earlier one, see
  /// `event_place`.
  std::string event_epoch = "0";
  /// Which web pages may call us.
  cors_policy cors;
  /// Tokens are accepted from `?token=`, too.
  bool query_tokens = true;
  /// Whose word counts on whom a request comes from.
  std::shared_ptr<const net::proxy_trust> proxies =
      std::make_shared<net::proxy_trust>();
  /// It was logged that a peer without that trust sends forwarding headers.
  std::shared_ptr<std::atomic<bool>> forwarding_told =
      std::make_shared<std::atomic<bool>>(false);
};

/// What the actors of one I/O thread share, those of the control API included.
struct thread_context : actors::thread_context {
  using actors::thread_context::thread_context;

  control_options control;
  /// Shared by all threads: what waits for readers of events and for control
  /// clients, and what large answers hold.
  std::shared_ptr<net::output_ledger> output =
      std::make_shared<net::output_ledger>(default_output_bytes);
  std::shared_ptr<answer_budget> answers = std::make_shared<answer_budget>();
  event_texts texts;
  /// Of readers that are dropped, one a second is logged.
  complaint_throttle dropped_readers;
};

} // namespace bridgekeeper::api
