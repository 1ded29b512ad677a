#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace bridgekeeper::bench {

/// One TCP connection of the load generator. It shares the machine with what it
/// measures, so it is as cheap as can be: bytes that a handler has to say are
/// collected and leave in one system call when the handler is done.
///
/// Everything runs on the one thread of the `io_context`. An error is thrown
/// out of `io_context::run`: a load with a broken connection measures nothing.
class tcp_link {
public:
  using endpoint = boost::asio::ip::tcp::endpoint;

  explicit tcp_link(boost::asio::io_context& io);

  tcp_link(const tcp_link&) = delete;

  tcp_link& operator=(const tcp_link&) = delete;

  virtual ~tcp_link() = default;

  /// Connects and calls `on_open`.
  void open(const endpoint& server);

  /// Where to append what is to be sent by the next `flush`.
  [[nodiscard]] std::string& out() noexcept {
    return out_;
  }

  /// Sends what was appended; inside `on_bytes`, when that returns.
  void flush();

protected:
  virtual void on_open() = 0;

  /// Takes what has arrived and returns how much of it is done with; the rest
  /// comes again with what follows.
  virtual std::size_t on_bytes(std::string_view bytes) = 0;

private:
  using socket =
      boost::asio::basic_stream_socket<boost::asio::ip::tcp,
                                       boost::asio::io_context::executor_type>;

  void read();

  void take(std::size_t received);

  void await_writable();

  socket socket_;
  std::string in_;
  std::size_t filled_ = 0;
  std::string out_;
  std::size_t written_ = 0;
  bool corked_ = false;
  bool blocked_ = false;
};

} // namespace bridgekeeper::bench
