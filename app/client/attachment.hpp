#pragma once

#include "app/client/client_options.hpp"
#include "app/client/dispatch_report.hpp"
#include "app/client/event_stream_reader.hpp"
#include "app/client/interrupt_note.hpp"
#include "app/client/reconnection.hpp"
#include "net/http_stream.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <optional>
#include <string>

namespace bridgekeeper::app {

/// Follows the stream of a dispatch (GET /control/dispatches/{id}/events):
/// shows its progress, past and new, then prints its record. A stream that is
/// cut off is opened again and continues after its last event, until several
/// attempts in a row have failed.
class attachment {
public:
  /// `id` may be a short one. With `as_json`, the record is printed as JSON.
  attachment(server_access access, std::string id, bool as_json);

  /// Blocks until the dispatch has ended. Main thread, once.
  [[nodiscard]] exit_code run();

private:
  void connect();
  void on_event(const stream_event& x);
  void on_end(const net::http_stream_end& end);
  /// Tries again later, or gives up.
  void on_loss(exit_code code, const std::string& sentence);
  void finish(exit_code code);
  [[nodiscard]] exit_code report() const;

  server_access access_;
  std::string id_;
  bool as_json_;
  boost::asio::io_context context_{1};
  boost::asio::steady_timer retry_{context_};
  std::unique_ptr<net::http_stream> stream_;
  /// Exists while `context_` runs: without it, signals end the process.
  std::optional<interrupt_note> note_;
  event_stream_reader reader_;
  dispatch_display display_;
  /// A daemon that has sent a stream has answered.
  reconnection reconnection_;
  /// The daemon has sent an event, so `id_` is the whole id.
  bool is_attached_ = false;
  /// The sentence of the daemon that has ended the stream, and its code.
  std::string ended_by_daemon_;
  std::string ended_code_;
  /// Set if there is nothing to report but this.
  std::optional<exit_code> code_;
};

} // namespace bridgekeeper::app
