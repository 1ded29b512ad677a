#pragma once

#include <boost/asio/signal_set.hpp>

#include <functional>
#include <string>

namespace bridgekeeper::app {

/// While it lives, SIGINT and SIGTERM first print a sentence to standard error,
/// for instance how to come back to a dispatch that goes on, and then end the
/// process as they would have done. Works while the `io_context` runs.
class interrupt_note {
public:
  /// `text` is called once, at the signal, on the context's thread.
  interrupt_note(boost::asio::io_context& context,
                 std::function<std::string()> text);

  /// Lets the context run out of work.
  void cancel();

private:
  boost::asio::signal_set signals_;
};

/// What to say of a dispatch whose end nobody waits for any more.
[[nodiscard]] std::string come_back_note(const std::string& message_id);

} // namespace bridgekeeper::app
