#pragma once

// Private to this room: when WebSocket sessions write.

#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

namespace bridgekeeper::net {

/// Lets the sessions of one I/O thread put off what they have to write for some
/// turns of its loop. What becomes ready meanwhile often has more to say to the
/// same peers, and then it goes out together: under load, most of what a small
/// frame costs is its system call. A session that is alone with something to
/// say writes in the next turn, so that an idle daemon answers at once.
///
/// A service of the `io_context`, one of which each I/O thread has. That thread
/// only.
class write_turns : public boost::asio::execution_context::service {
public:
  /// A turn handles every socket and actor that was ready when it began.
  static constexpr int most_turns = 6;

  /// Turns get long where there is much to do. Not waited for beyond this.
  static constexpr std::chrono::microseconds longest_wait{1'000};

  using clock_function = std::function<std::chrono::steady_clock::time_point()>;

  class writer {
  public:
    virtual ~writer() = default;
    virtual void write_now() = 0;
  };

  static boost::asio::execution_context::id id;

  explicit write_turns(boost::asio::execution_context& context);

  /// The one of this thread.
  [[nodiscard]] static write_turns& of(boost::asio::io_context& context);

  /// What time it is. For tests; a steady clock otherwise.
  void use_clock(clock_function clock);

  /// Calls `write_now` once, soon and never within this call. Keeps `x` alive
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
