#pragma once

#include "app/client/control_client.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <optional>
#include <string>

namespace bridgekeeper::app {

/// Sends one request to a daemon over /ws/control and passes the answer to a
/// handler. Errors and lost connections are printed.
class single_question {
public:
  /// Returns the exit code of the process.
  using answer_handler = std::function<exit_code(const control_answer&)>;

  /// `command` is the prefix of error messages. `request` is the result of
  /// `encode_request`.
  single_question(const server_access& access, std::string command,
                  std::string request, answer_handler on_answer);

  /// Blocks until the answer arrives or the connection ends. Must be called
  /// only once. Main thread.
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
