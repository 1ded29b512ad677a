#pragma once

#include "app/client/control_client.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <optional>
#include <string>

namespace bridgekeeper::app {

/// Asks a daemon one thing over /ws/control and hands on the answer. Refusals
/// and losses are printed.
class single_question {
public:
  /// Returns what the process exits with.
  using answer_handler = std::function<exit_code(const control_answer&)>;

  /// `command` is what messages begin with; `request` is what `encode_request`
  /// wrote.
  single_question(const server_access& access, std::string command,
                  std::string request, answer_handler on_answer);

  /// Blocks until there is an answer, or there will be none. Main thread, once.
  [[nodiscard]] exit_code run();

private:
  void on_answer(const control_answer& x);
  void on_loss(const control_loss& x);

  std::string command_;
  std::string request_;
  answer_handler handler_;
  std::optional<exit_code> code_;
  boost::asio::io_context context_{1};
  control_client client_;
};

} // namespace bridgekeeper::app
