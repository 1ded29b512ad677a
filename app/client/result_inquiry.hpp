#pragma once

#include "app/client/control_client.hpp"
#include "app/client/dispatch_report.hpp"
#include "app/client/interrupt_note.hpp"
#include "app/client/reconnection.hpp"
#include "app/client/record_request.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace bridgekeeper::app {

struct result_question {
  std::string message_id;
  /// Ask until the dispatch has ended. The daemon's deadline for the dispatch
  /// limits the wait.
  bool wait = false;
  /// Print the record as one line of JSON.
  bool json = false;
  /// Print the history of the dispatch instead of the answer.
  bool history = false;
  /// The daemon has already answered on /ws/control, so that its address is
  /// right even if it cannot be reached at the moment.
  bool was_answered = false;
};

/// Asks a daemon for the record of a dispatch and prints it. Records come over
/// HTTP, because those of older daemons are complete only there. While it waits
/// for the end, it shows progress, which comes over /ws/control. A connection
/// that ends is opened again, until several attempts in a row have failed; if
/// the daemon has never answered, the first failure ends the command.
class result_inquiry {
public:
  /// `display` knows which progress of the dispatch has already been shown.
  result_inquiry(server_access access, result_question question,
                 dispatch_display display = {});

  /// Blocks until there is an answer. Main thread, once.
  [[nodiscard]] exit_code run();

private:
  /// Follows the dispatch until its end.
  void follow();
  /// Whether a record that cannot be read now may be readable later.
  [[nodiscard]] bool may_come(const missing_record& x) const;
  void connect();
  void ask();
  void ask_later(std::chrono::milliseconds wait);
  void on_answer(const control_answer& x);
  void on_record(const record_answer& x);
  void on_event(const event_answer& x);
  void on_error(const error_answer& x);
  void on_loss(const control_loss& x);
  /// Prints the record that HTTP has now, or otherwise `known`.
  [[nodiscard]] exit_code report_end(const record_answer& known);
  [[nodiscard]] exit_code report(const record_answer& x) const;
  void finish(exit_code code);

  server_access access_;
  result_question question_;
  boost::asio::io_context context_{1};
  boost::asio::steady_timer timer_{context_};
  std::unique_ptr<control_client> client_;
  /// Exists while `context_` runs: without it, signals end the process.
  std::optional<interrupt_note> note_;
  dispatch_display display_;
  /// About /ws/control: a proxy may let nothing but HTTP pass.
  reconnection reconnection_;
  /// Whether this connection has delivered an answer.
  bool was_heard_ = false;
  /// Whether this connection is subscribed to the agent's events.
  bool follows_ = false;
  std::optional<exit_code> code_;
};

} // namespace bridgekeeper::app
