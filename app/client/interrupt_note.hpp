#pragma once

#include <boost/asio/signal_set.hpp>

#include <functional>
#include <string>

namespace bridgekeeper::app {

/// During the lifetime of this object, SIGINT and SIGTERM first print a
/// sentence to standard error, such as how to get the answer of a dispatch that
/// continues, and then end the process as usual. Works only while the
/// `io_context` runs.
class interrupt_note {
public:
  /// Calls `text` once, when the signal arrives, and then, after SIGINT,
  /// `last`, if there is one, both on the context's thread. A signal that
  /// arrives during `last` ends the process at once.
  interrupt_note(boost::asio::io_context& context,
                 std::function<std::string()> text,
                 std::function<void()> last = {});

  /// Stops waiting for signals, so that the context can run out of work.
  void cancel();

private:
  boost::asio::signal_set signals_;
};

/// The sentences for an interrupted wait: the dispatch continues, and this is
/// how to get its answer, or how to cancel it.
[[nodiscard]] std::string come_back_note(const std::string& message_id);

} // namespace bridgekeeper::app
