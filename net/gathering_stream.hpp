#pragma once

// Private to this room: what a WebSocket session writes through.

#include "net/tls_stream.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/core/role.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace bridgekeeper::net {

/// A stream that gathers what is written to it and sends it in one go: a system
/// call for many small frames instead of one for each.
///
/// `write_some` takes everything at once and never fails; what it took goes out
/// with the next `async_flush` or `async_write_some`. Those two complete when
/// their bytes, and all before them, were handed to the system, or with the
/// error that broke the stream. While something is being sent, what comes next
/// is gathered. The caller bounds how much that is.
///
/// Its handlers keep it alive: every byte gathered must be followed by an
/// operation that has one. Lives on one I/O thread.
template <class Stream>
class gathering_stream : public Stream {
  using error_code = boost::system::error_code;

public:
  explicit gathering_stream(Stream transport) : Stream(std::move(transport)) {}

  template <class Buffers>
  std::size_t write_some(const Buffers& buffers, error_code& error) {
    error = {};
    auto before = gathered_.bytes.size();
    for (boost::asio::const_buffer x : boost::beast::buffers_range_ref(buffers))
      gathered_.bytes.append(static_cast<const char*>(x.data()), x.size());
    return gathered_.bytes.size() - before;
  }

  template <class Buffers>
  std::size_t write_some(const Buffers& buffers) {
    error_code never;
    return write_some(buffers, never);
  }

  /// Sends what was gathered. Handler: `void(error_code)`.
  template <class Handler>
  void async_flush(Handler&& handler) {
    gathered_.handlers.emplace_back(std::forward<Handler>(handler));
    send_next();
  }

  template <class Buffers, class Handler>
  auto async_write_some(const Buffers& buffers, Handler&& handler) {
    return boost::asio::async_initiate<Handler, void(error_code, std::size_t)>(
        [this](auto&& completion, const auto& taken) {
          error_code never;
          auto size = write_some(taken, never);
          // std::function wants what can be copied.
          auto shared = std::make_shared<std::decay_t<decltype(completion)>>(
              std::forward<decltype(completion)>(completion));
          async_flush([shared, size](error_code error) {
            std::move (*shared)(error, error ? 0 : size);
          });
        },
        handler, buffers);
  }

  // Beast's own teardown waits for the peer, and without a limit where the peer
  // broke the rules; the session lingers itself.

  template <class Handler>
  friend void async_teardown(boost::beast::role_type, gathering_stream& stream,
                             Handler&& handler) {
    error_code error;
    teardown(boost::beast::role_type::server, stream, error);
    boost::asio::post(stream.get_executor(),
                      boost::beast::bind_front_handler(
                          std::forward<Handler>(handler), error));
  }

  /// TLS has a word of its own to say before; that is left to the session,
  /// which outlives it.
  friend void teardown(boost::beast::role_type, gathering_stream& stream,
                       error_code& error) {
    if constexpr (std::is_same_v<Stream, tcp_socket>)
      stream.shutdown(tcp_socket::shutdown_send, error);
  }

private:
  struct batch {
    std::string bytes;
    std::vector<std::function<void(error_code)>> handlers;
  };

  void send_next() {
    if (sending_ || gathered_.handlers.empty())
      return;
    sending_ = true;
    under_way_ = std::exchange(gathered_, {});
    boost::asio::async_write(
        static_cast<Stream&>(*this), boost::asio::buffer(under_way_.bytes),
        [this](error_code error, std::size_t) { on_sent(error); });
  }

  void on_sent(error_code error) {
    // They hold what holds us.
    auto done = std::exchange(under_way_, {});
    sending_ = false;
    send_next();
    for (auto& handler : done.handlers)
      handler(error);
  }

  batch gathered_;
  batch under_way_;
  bool sending_ = false;
};

} // namespace bridgekeeper::net
