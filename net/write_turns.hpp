#pragma once

// Private to this room: schedules the writes of WebSocket sessions.

#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

namespace bridgekeeper::net {

/// Delays the writes of the sessions on one I/O thread for a few turns of its
/// loop. Handlers that become ready meanwhile often have more output for the
/// same peers, which is then sent together: under load, most of the cost of a
/// small frame is its system call. If only one session has output, it writes in
/// the next turn, so that an idle daemon responds immediately.
///
/// A service of the `io_context`; each I/O thread has one. Only on that thread.
class write_turns : public boost::asio::execution_context::service {
public:
  /// In one turn, every socket and actor that was ready when it began is
  /// handled.
  static constexpr int most_turns = 6;

  /// Turns become long under load; writes are not delayed beyond this.
  static constexpr std::chrono::microseconds longest_wait{1'000};

  using clock_function = std::function<std::chrono::steady_clock::time_point()>;

  class writer {
  public:
    virtual ~writer() = default;
    virtual void write_now() = 0;
  };

  static boost::asio::execution_context::id id;

  explicit write_turns(boost::asio::execution_context& context,
                       clock_function clock = &std::chrono::steady_clock::now);

  /// The instance of this thread's context.
  [[nodiscard]] static write_turns& of(boost::asio::io_context& context);

  /// Calls `write_now` once, soon, and never within this call. Keeps `x` alive
  /// until then.
  void put_off(std::shared_ptr<writer> x);

private:
  void shutdown() noexcept override;
  void await_turn();
  void on_turn();

  boost::asio::io_context& context_;
  clock_function clock_;
  std::vector<std::shared_ptr<writer>> waiting_;
  std::vector<std::shared_ptr<writer>> writing_;
  int turns_ = 0;
  std::chrono::steady_clock::time_point since_;
};

} // namespace bridgekeeper::net
