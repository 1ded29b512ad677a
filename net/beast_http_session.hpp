#pragma once

// Private to this room: the HTTP session. Its members are defined in
// http_session.cpp and http_session_*.cpp.

#include "net/beast_sessions.hpp"
#include "net/http_session.hpp"
#include "net/owner_slot.hpp"
#include "net/parsed_request.hpp"
#include "net/session_steps.hpp"
#include "net/stream_output.hpp"

#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace bridgekeeper::net {

class beast_http_session
  : public http_session,
    public std::enable_shared_from_this<beast_http_session> {
public:
  using error_code = boost::system::error_code;

  beast_http_session(connection peer, const http_options& options,
                     deadline_queue& deadlines);

  // -- http_session -----------------------------------------------------------

  void start(std::unique_ptr<http_owner> owner) override;
  void repeat_request() override;
  void keep_request() override;
  void respond(http_response response) override;
  void respond_in_parts(http_response response, part_source next) override;
  void begin_stream(http_response response) override;
  [[nodiscard]] bool write_stream(stream_text text) override;
  void end_stream() override;
  void note_backlog(std::size_t bytes) override;
  [[nodiscard]] std::shared_ptr<websocket_session>
  upgrade(const websocket_options& options) override;
  void keep_place() override;
  void share_place(connection_ledger::place& other) override;
  void abandon() override;

  /// The ledger ends this reader to make room for others.
  void on_evicted();

private:
  enum class phase { reading, answering, streaming, lingering, ended };
  enum class then { read_on, linger };

  /// After a response that ends the connection early, the peer has this long to
  /// read it before the socket is closed. Its input is discarded, and while it
  /// keeps sending, `request_timeout` is the limit.
  static constexpr auto linger_time = std::chrono::seconds{2};

  /// The most of a response that is passed to the system at once.
  static constexpr std::size_t largest_piece = 64 * kibibyte;

  // -- reading (http_session_reading.cpp) -------------------------------------

  /// The timeout of a request starts with its first byte.
  void await_request();
  /// Skips one empty line before a request (RFC 9112, 2.2), because some
  /// clients send one after a body.
  void begin_request();
  /// Waits for the first byte of the next request, or for the peer to close.
  /// Must be called only when the buffer is empty. If a response takes time,
  /// this starts before the response is complete, so that a peer that leaves is
  /// noticed.
  void read_ahead();
  void on_read_ahead(error_code error);
  /// The peer has closed its side while its response is still being prepared.
  /// Most such peers have gone, but some still read, so allow them some time.
  void on_silence(error_code error);
  void read_request();
  /// The parser limits only the bytes that it has not consumed yet, so a header
  /// that arrives in pieces could be almost twice as long. Count all of it
  /// here.
  void parse_header();
  void on_header_bytes(error_code error);
  void on_header(error_code error);
  [[nodiscard]] bool is_body_small() const;
  void write_continue();
  void read_body();
  /// Restores the header as it was before the body: the parser has merged the
  /// trailers into it, but all decisions were made without them.
  void drop_trailers();
  void count(boost::beast::string_view extensions, error_code& error);
  void on_body(error_code error);
  void drop_body();
  void on_read_error(error_code error);

  // -- writing (http_session_writing.cpp) -------------------------------------

  /// From now on, the current transfer must make progress.
  void watch(std::chrono::milliseconds limit);
  /// Bytes of the body received, or bytes of responses acknowledged by the
  /// peer.
  [[nodiscard]] std::size_t moved();
  void on_stall();

  /// Writes all of `buffers`, whose bytes must stay valid until then. Updates
  /// `handed_` as the bytes are handed to the system.
  template <class Buffers, class Handler>
  void write_all(const Buffers& buffers, Handler handler) {
    auto before = handed_;
    boost::asio::async_write(
        peer_.stream, buffers,
        [self = this, before](error_code error,
                              std::size_t done) -> std::size_t {
          self->handed_ = before + done;
          if (!error && done > 0)
            self->await_progress();
          return error ? 0 : largest_piece;
        },
        [self = shared_from_this(), before,
         on_written = std::move(handler)](error_code error, std::size_t done) {
          self->handed_ = before + done;
          on_written(error);
        });
  }

  /// Responds on the owner's behalf and ends the connection.
  void refuse(const failure& why);
  [[nodiscard]] bool is_head() const;
  void write_answer(std::string text, then next);
  void write_parts(then next);
  void on_answered(error_code error, then next);
  /// Closes the output and waits a little for the peer to read the response:
  /// closing a socket with unread input would reset the connection before that.
  void linger();
  /// A peer that is still sending has not read the response yet.
  void linger_on();

  // -- streaming (http_session_streaming.cpp) ---------------------------------

  void flush_stream();
  /// Called when the reader has made progress. Rearming the deadline for each
  /// write would cost more than checking the time when it expires.
  void await_progress();
  void on_stall_check();
  void on_stream_written(error_code error);
  /// The kernel also detects a reader that reads nothing for too long, and may
  /// do so first.
  [[nodiscard]] session_end end_of_stream(error_code error) const;
  void watch_for_peer_close();
  void tell_debt();
  [[nodiscard]] std::string debt_text() const;

  // -- ending (http_session.cpp) ----------------------------------------------

  void on_deadline();

  /// Calls the owner. After an exception the connection ends, with an error
  /// response if one is pending.
  template <class Call>
  void call_owner(Call call) {
    if (ask_owner(call))
      return;
    if (phase_ == phase::answering && !writing_)
      refuse({errc::internal, {}});
    else
      finish({errc::internal, {}});
  }

  /// Returns false after an exception.
  template <class Call>
  [[nodiscard]] bool ask_owner(Call call) {
    return owner_.call("the handling of a request", call);
  }

  /// All paths end here. Idempotent.
  void finish(const session_end& end);

  http_options options_;
  connection peer_;
  deadline_queue& deadlines_;
  boost::beast::flat_buffer buffer_;
  std::optional<parser_type> parser_;
  /// The original header of a request with a chunked body, while that is read.
  std::optional<parser_type::value_type::header_type> head_;
  phase phase_ = phase::reading;
  bool leaving_ = false;
  bool may_skip_line_ = true;
  bool reading_ahead_ = false;
  /// The peer has closed its side, but may still read.
  bool silent_ = false;
  /// The remaining input is the unread body of the current request.
  bool body_unread_ = false;
  /// The owner has asked to keep the body for `repeat_request`.
  bool is_body_kept_ = false;
  bool writing_ = false;
  bool chunked_ = true;
  bool refused_ = false;
  /// The stream is complete.
  bool is_complete_ = false;
  std::string answer_;
  /// Bytes of responses handed to the system so far.
  std::size_t handed_ = 0;
  /// The account of a stream; null if nothing counts it. It must be closed
  /// after `output_` has returned its shared texts: otherwise the ledger would
  /// conclude that this reader's end freed no memory, and evict another one.
  std::unique_ptr<output_ledger::account> account_;
  /// Output that is sent piece by piece: a stream, or a response in parts.
  stream_output output_;
  part_source parts_;
  std::size_t backlog_ = 0;
  /// When the reader last read some of the pending output.
  time_point progress_at_{};
  std::array<char, 256> discarded_{};
  std::size_t header_bytes_ = 0;
  /// Bytes of chunk extensions in the current body.
  std::size_t extension_bytes_ = 0;
  std::function<void(std::uint64_t, boost::beast::string_view, error_code&)>
      on_chunk_;
  deadline deadline_;
  transfer_watch watch_;
  /// When lingering ends, even if the peer is still sending.
  time_point linger_end_{};
  owner_slot<http_owner> owner_;
};

} // namespace bridgekeeper::net
