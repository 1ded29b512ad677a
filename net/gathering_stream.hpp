#pragma once

// Private to this room: the stream that a WebSocket session writes to.

#include "domain/shared_text.hpp"
#include "net/close_code_watch.hpp"
#include "net/copyable_handler.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/core/role.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bridgekeeper::net {

/// A stream that buffers writes and sends them together, with one system call
/// for many small frames.
///
/// `write_some` accepts everything immediately and never fails; the bytes are
/// sent with the next `async_flush` or `async_write_some`. Those two complete
/// when their bytes and all earlier ones have been handed to the system, or
/// with the error that broke the stream. Writes during a send are buffered. The
/// caller bounds how much that is. Bytes are copied, except those of a shared
/// text.
///
/// Its handlers keep it alive: after bytes have been buffered, an operation
/// with a handler must follow. Lives on one I/O thread.
///
/// Beast writes pongs and close frames itself, with `async_write_some`.
/// `before_control` is called first, to hand over any output that must precede
/// them; nothing may be written after a close frame (RFC 6455, 5.5.1). The
/// codes of close frames that reply to the peer's are corrected on the way.
template <class Stream>
class gathering_stream : public Stream {
  using error_code = boost::system::error_code;

public:
  explicit gathering_stream(Stream transport) : Stream(std::move(transport)) {}

  template <class Buffers>
  std::size_t write_some(const Buffers& buffers, error_code& error) {
    error = {};
    std::size_t size = 0;
    for (boost::asio::const_buffer x :
         boost::beast::buffers_range_ref(buffers)) {
      gather({static_cast<const char*>(x.data()), x.size()});
      size += x.size();
    }
    return size;
  }

  template <class Buffers>
  std::size_t write_some(const Buffers& buffers) {
    error_code never;
    return write_some(buffers, never);
  }

  // Beast requires these of a stream that it writes to synchronously, but does
  // not call them. They are not defined.

  template <class Buffers>
  std::size_t read_some(const Buffers& buffers, error_code& error);

  template <class Buffers>
  std::size_t read_some(const Buffers& buffers);

  /// From now on, writes of this text keep a reference instead of a copy. Null:
  /// everything is copied.
  void share(shared_text_ptr text) {
    shared_ = std::move(text);
  }

  void before_control(std::function<void()> call) {
    before_control_ = std::move(call);
  }

  /// The number of bytes handed to the system so far, updated piece by piece.
  [[nodiscard]] std::size_t handed() const noexcept {
    return handed_;
  }

  [[nodiscard]] bool has_closed() const noexcept {
    return has_closed_;
  }

  /// The peer's close frame once it has been received; null before.
  [[nodiscard]] const peer_close* closed_by_peer() const noexcept {
    return watch_.close();
  }

  // Like those of `peer_stream`, these take handlers, not completion tokens.

  template <class Buffers, class Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    auto executor =
        boost::asio::get_associated_executor(handler, this->get_executor());
    auto watched = [this, buffers, next = std::forward<Handler>(handler)](
                       error_code error, std::size_t size) mutable {
      note_received(buffers, size);
      std::move(next)(error, size);
    };
    Stream::async_read_some(
        buffers, boost::asio::bind_executor(executor, std::move(watched)));
  }

  /// Sends the buffered bytes. Handler: `void(error_code)`.
  template <class Handler>
  void async_flush(Handler&& handler) {
    gathered_->handlers.emplace_back(std::forward<Handler>(handler));
    send_next();
  }

  template <class Buffers, class Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    if (before_control_)
      before_control_();
    auto begin = gathered_->bytes.size();
    auto size = write_some(buffers);
    if (size > 0 && gathered_->bytes[begin] == close_frame)
      note_close(begin);
    async_flush([next = copyable(std::forward<Handler>(handler)),
                 size](error_code error) { next(error, error ? 0 : size); });
  }

  // Beast's own teardown waits for the peer, without a time limit if the peer
  // has violated the protocol. The session lingers itself instead.

  template <class Handler>
  friend void async_teardown(boost::beast::role_type, gathering_stream& stream,
                             Handler&& handler) {
    error_code error;
    teardown(boost::beast::role_type::server, stream, error);
    boost::asio::post(stream.get_executor(),
                      boost::beast::bind_front_handler(
                          std::forward<Handler>(handler), error));
  }

  /// Over TLS, a close_notify alert should be sent first. That is left to the
  /// session, which outlives this call.
  friend void teardown(boost::beast::role_type, gathering_stream& stream,
                       error_code& error) {
    stream.end_plain_output(error);
  }

private:
  struct shared_piece {
    /// The number of copied bytes that precede it.
    std::size_t at;
    shared_text_ptr owner;
    std::string_view text;
  };

  struct batch {
    std::string bytes;
    std::vector<shared_piece> pieces;
    std::vector<std::function<void(error_code)>> handlers;

    [[nodiscard]] std::vector<boost::asio::const_buffer> buffers() const {
      std::vector<boost::asio::const_buffer> out;
      std::size_t done = 0;
      for (const auto& x : pieces) {
        out.emplace_back(bytes.data() + done, x.at - done);
        out.emplace_back(x.text.data(), x.text.size());
        done = x.at;
      }
      out.emplace_back(bytes.data() + done, bytes.size() - done);
      return out;
    }
  };

  void gather(std::string_view x) {
    if (!is_shared(x)) {
      gathered_->bytes += x;
      return;
    }
    auto at = gathered_->bytes.size();
    auto& pieces = gathered_->pieces;
    // Beast may write one buffer in several parts; join parts that are adjacent
    // in the text.
    if (!pieces.empty() && pieces.back().at == at
        && pieces.back().text.data() + pieces.back().text.size() == x.data())
      pieces.back().text = {pieces.back().text.data(),
                            pieces.back().text.size() + x.size()};
    else
      pieces.push_back({at, shared_, x});
  }

  /// Whether these bytes are those of the shared text itself.
  [[nodiscard]] bool is_shared(std::string_view x) const {
    std::less<const char*> before;
    return shared_ && !x.empty() && !before(x.data(), shared_->text.data())
           && before(x.data(), shared_->text.data() + shared_->text.size());
  }

  template <class Buffers>
  void note_received(const Buffers& place, std::size_t size) {
    for (boost::asio::const_buffer x : boost::beast::buffers_range_ref(place)) {
      auto length = std::min(size, x.size());
      watch_.on_received({static_cast<const char*>(x.data()), length});
      size -= length;
    }
  }

  /// Records that a close frame was buffered at this position.
  void note_close(std::size_t begin) {
    has_closed_ = true;
    auto frame = gathered_->bytes.substr(begin);
    watch_.correct_answer(frame);
    gathered_->bytes.replace(begin, frame.size(), frame);
  }

  void send_next() {
    if (sending_ || gathered_->handlers.empty())
      return;
    sending_ = true;
    auto next = std::exchange(gathered_, std::make_unique<batch>());
    const auto& x = *next;
    // Fast path: nearly always there is only one buffer.
    if (x.pieces.empty())
      send(boost::asio::buffer(x.bytes), std::move(next));
    else
      send(x.buffers(), std::move(next));
  }

  template <class Buffers>
  void send(const Buffers& buffers, std::unique_ptr<batch> next) {
    // The operation owns the handlers, which own this stream. If the loop ends
    // first, destroying the operation releases all of it, unless more handlers
    // wait in `gathered_`: then the daemon ends with a session that is not
    // freed.
    auto before = handed_;
    boost::asio::async_write(
        static_cast<Stream&>(*this), buffers,
        [this, before](error_code error, std::size_t done) -> std::size_t {
          handed_ = before + done;
          return error ? 0 : largest_piece;
        },
        [this, before, sent = std::move(next)](error_code error,
                                               std::size_t done) {
          handed_ = before + done;
          sending_ = false;
          send_next();
          for (auto& handler : sent->handlers)
            handler(error);
        });
  }

  /// FIN bit and opcode of a close frame.
  static constexpr char close_frame = '\x88';

  /// The most that is passed to the system at once.
  static constexpr std::size_t largest_piece = 64 * 1024;

  std::unique_ptr<batch> gathered_ = std::make_unique<batch>();
  shared_text_ptr shared_;
  std::function<void()> before_control_;
  std::size_t handed_ = 0;
  close_code_watch watch_;
  bool sending_ = false;
  bool has_closed_ = false;
};

} // namespace bridgekeeper::net
