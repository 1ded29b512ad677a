#include "net/http_session.hpp"

#include "net/beast_sessions.hpp"
#include "net/error_boundary.hpp"
#include "net/http_text.hpp"
#include "net/log_line.hpp"
#include "net/parsed_request.hpp"
#include "net/socket_options.hpp"
#include "net/stream_output.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <tuple>
#include <utility>

namespace bridgekeeper::net {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

using boost::system::error_code;

namespace {

/// After a response that ends the connection early, the peer has this long to
/// read it before the socket is closed. Its input is discarded, and while it
/// keeps sending, `request_timeout` is the limit.
constexpr auto linger_time = std::chrono::seconds{2};

/// Bytes to read at once while reading a header.
constexpr std::size_t first_read = 4 * kibibyte;

/// An unwanted body of up to this size is read anyway, because the connection
/// can then be reused.
constexpr std::size_t small_body = 4 * kibibyte;

/// The most of a response that is passed to the system at once.
constexpr std::size_t largest_piece = 64 * kibibyte;

constexpr std::string_view continue_text = "HTTP/1.1 100 Continue\r\n\r\n";

} // namespace

template <class Stream>
class stream_http_session
  : public http_session,
    public std::enable_shared_from_this<stream_http_session<Stream>> {
public:
  stream_http_session(basic_connection<Stream> peer,
                      const http_options& options, deadline_queue& deadlines)
    : options_(options), peer_(std::move(peer)), deadlines_(deadlines),
      on_chunk_([this](std::uint64_t, beast::string_view extensions,
                       error_code& error) { count(extensions, error); }),
      deadline_(deadlines, [this] { on_deadline(); }),
      watch_(
          deadlines, [this] { return moved(); }, [this] { on_stall(); }) {
    output_.count_in(options_.output);
  }

  // -- http_session -----------------------------------------------------------

  void start(std::unique_ptr<http_owner> owner) override {
    owner_ = std::move(owner);
    deadline_.arm(options_.request_timeout);
    await_request();
  }

  void repeat_request() override {
    if (phase_ != phase::answering || writing_)
      return;
    auto keep = this->shared_from_this();
    parsed_request request{parser_->get(), peer_.peer_ip};
    call_owner([&](http_owner& owner) { owner.on_request(request); });
    if (phase_ == phase::answering)
      drop_body();
  }

  void keep_request() override {
    is_body_kept_ = true;
  }

  void respond(http_response response) override {
    if (phase_ != phase::answering)
      return;
    auto keep_alive = parser_->get().keep_alive() && !leaving_ && !body_unread_
                      && !response.is_last;
    write_answer(response_text(response, parser_->get().version(), keep_alive,
                               is_head()),
                 keep_alive ? then::read_on : then::linger);
  }

  void respond_in_parts(http_response response, part_source next) override {
    if (phase_ != phase::answering)
      return;
    chunked_ = parser_->get().version() >= 11;
    auto keep_alive = chunked_ && parser_->get().keep_alive() && !leaving_
                      && !body_unread_ && !response.is_last;
    output_.add_raw(stream_head_text(response, chunked_, !keep_alive));
    if (parser_->get().method() != http::verb::head)
      parts_ = std::move(next);
    writing_ = true;
    write_parts(keep_alive ? then::read_on : then::linger);
  }

  void begin_stream(http_response response) override {
    if (phase_ != phase::answering)
      return;
    phase_ = phase::streaming;
    chunked_ = parser_->get().version() >= 11;
    open_account();
    output_.add_raw(stream_head_text(response, chunked_));
    limit_unacknowledged(socket_of(peer_.stream).native_handle(),
                         options_.stall_timeout);
    flush_stream();
    // The peer has already closed its side, so end the stream, but only after
    // this call has returned to the owner.
    if (silent_)
      deadline_.arm(std::chrono::milliseconds{0});
    else if (!reading_ahead_)
      watch_for_peer_close();
  }

  [[nodiscard]] bool write_stream(stream_text text) override {
    if (phase_ != phase::streaming || leaving_)
      return true;
    // If nothing is waiting, a text of any length is accepted.
    if (output_.waiting() > 0
        && output_.waiting() + text.size() > options_.stream_buffer_bytes) {
      refused_ = true;
      return false;
    }
    output_.add(text, chunked_);
    flush_stream();
    return true;
  }

  void note_backlog(std::size_t bytes) override {
    if (std::exchange(backlog_, bytes) != bytes)
      tell_debt();
  }

  [[nodiscard]] std::shared_ptr<websocket_session>
  upgrade(const websocket_options& options) override {
    deadline_.disarm();
    watch_.rest();
    phase_ = phase::ended;
    deferred_owner_ = std::move(owner_);
    return make_websocket_session(std::move(peer_), parser_->release(), options,
                                  deadlines_);
  }

  void keep_place() override {
    if (peer_.place)
      peer_.place->keep();
  }

  void share_place(connection_ledger::place& other) override {
    if (peer_.place)
      other.may_be_cut_with(*peer_.place);
  }

  void abandon() override {
    if (owner_)
      deferred_owner_ = std::move(owner_);
    leaving_ = true;
    // Finish sending the current response first, if the peer reads it.
    if (writing_)
      watch(linger_time);
    else if (phase_ != phase::lingering)
      finish({errc::peer_closed, {}});
  }

private:
  enum class phase { reading, answering, streaming, lingering, ended };
  enum class then { read_on, linger };

  // -- reading ----------------------------------------------------------------

  /// The timeout of a request starts with its first byte.
  void await_request() {
    phase_ = phase::reading;
    body_unread_ = false;
    may_skip_line_ = true;
    header_bytes_ = 0;
    extension_bytes_ = 0;
    head_.reset();
    parser_.emplace();
    parser_->header_limit(
        static_cast<std::uint32_t>(options_.max_header_bytes));
    parser_->body_limit(options_.max_body_bytes);
    parser_->on_chunk_header(on_chunk_);
    if (silent_)
      return finish(
          {errc::peer_closed, "the peer closed its side of the connection"});
    begin_request();
  }

  /// Skips one empty line before a request (RFC 9112, 2.2), because some
  /// clients send one after a body.
  void begin_request() {
    constexpr std::string_view empty_line = "\r\n";
    auto bytes = buffer_.data();
    std::string_view begun{static_cast<const char*>(bytes.data()),
                           std::min(bytes.size(), empty_line.size())};
    if (may_skip_line_ && !begun.empty() && empty_line.starts_with(begun)) {
      if (begun.size() < empty_line.size())
        return read_ahead();
      buffer_.consume(empty_line.size());
      may_skip_line_ = false;
    }
    if (buffer_.size() > 0)
      return read_request();
    read_ahead();
  }

  /// Waits for the first byte of the next request, or for the peer to close.
  /// Must be called only when the buffer is empty. If a response takes time,
  /// this starts before the response is complete, so that a peer that leaves is
  /// noticed.
  void read_ahead() {
    if (std::exchange(reading_ahead_, true))
      return;
    peer_.stream.async_read_some(buffer_.prepare(first_read),
                                 [self = this->shared_from_this()](
                                     error_code error, std::size_t length) {
                                   self->reading_ahead_ = false;
                                   self->buffer_.commit(length);
                                   self->on_read_ahead(error);
                                 });
  }

  void on_read_ahead(error_code error) {
    if (phase_ == phase::ended)
      return;
    if (error) {
      // Asio reports the end of input only once; another read would never
      // complete.
      silent_ = true;
      if (phase_ == phase::answering)
        return on_silence(error);
      return finish({errc::peer_closed, error.message()});
    }
    // During a response, the bytes belong to a request that has to wait.
    if (phase_ == phase::reading)
      return begin_request();
    if (phase_ == phase::streaming) {
      buffer_.consume(buffer_.size());
      watch_for_peer_close();
    }
  }

  /// The peer has closed its side while its response is still being prepared.
  /// Most such peers have gone, but some still read, so allow them some time.
  void on_silence(error_code error) {
    // If the peer has gone, the pending write fails.
    if (writing_)
      return;
    if (error != asio::error::eof)
      return finish({errc::peer_closed, error.message()});
    deadline_.arm(options_.request_timeout);
  }

  void read_request() {
    deadline_.arm(options_.request_timeout);
    parse_header();
  }

  /// The parser limits only the bytes that it has not consumed yet, so a header
  /// that arrives in pieces could be almost twice as long. Count all of it
  /// here.
  void parse_header() {
    error_code error;
    auto taken = parser_->put(buffer_.data(), error);
    buffer_.consume(taken);
    header_bytes_ += taken;
    auto is_begun = error == http::error::need_more;
    if (header_bytes_ + (is_begun ? buffer_.size() : 0)
        > options_.max_header_bytes)
      error = http::error::header_limit;
    if (error != http::error::need_more)
      return on_header(error);
    peer_.stream.async_read_some(buffer_.prepare(first_read),
                                 [self = this->shared_from_this()](
                                     error_code failed, std::size_t length) {
                                   self->buffer_.commit(length);
                                   self->on_header_bytes(failed);
                                 });
  }

  void on_header_bytes(error_code error) {
    if (phase_ != phase::reading)
      return;
    if (error)
      return on_read_error(error);
    parse_header();
  }

  void on_header(error_code error) {
    if (phase_ != phase::reading)
      return;
    if (error)
      return on_read_error(error);
    const auto& header = parser_->get();
    if (auto fault = parsed_request{header, peer_.peer_ip}.fault())
      return refuse(*fault);
    if (parser_->is_done())
      return on_body({});
    // HTTP/1.0 has no 100 Continue (RFC 9110, 10.1.1).
    auto asks_first =
        header.version() >= 11
        && beast::iequals(header[http::field::expect], "100-continue");
    auto is_wanted = false;
    if (!ask_owner([&](http_owner& owner) {
          is_wanted =
              owner.wants_body(parsed_request{parser_->get(), peer_.peer_ip});
        }))
      return refuse({errc::internal, {}});
    if (!is_wanted && (asks_first || !is_body_small())) {
      body_unread_ = true;
      return on_body({});
    }
    if (asks_first)
      return write_continue();
    read_body();
  }

  [[nodiscard]] bool is_body_small() const {
    auto length = parser_->content_length();
    return length && *length <= small_body;
  }

  void write_continue() {
    asio::async_write(
        peer_.stream, asio::buffer(continue_text),
        [self = this->shared_from_this()](error_code error, std::size_t) {
          if (error)
            return self->finish({errc::peer_closed, error.message()});
          self->read_body();
        });
  }

  void read_body() {
    if (phase_ != phase::reading)
      return;
    if (parser_->chunked()) {
      head_ = parser_->get().base();
      // The parser needs a chunk header, or all trailers, in one piece.
      buffer_.max_size(std::max(options_.max_header_bytes, buffer_.size()));
    }
    watch(options_.request_timeout);
    http::async_read(peer_.stream, buffer_, *parser_,
                     [self = this->shared_from_this()](
                         error_code err, std::size_t) { self->on_body(err); });
  }

  /// Restores the header as it was before the body: the parser has merged the
  /// trailers into it, but all decisions were made without them.
  void drop_trailers() {
    if (auto head = std::exchange(head_, std::nullopt))
      parser_->get().base() = std::move(*head);
  }

  void count(beast::string_view extensions, error_code& error) {
    extension_bytes_ += extensions.size();
    if (extension_bytes_ > options_.max_header_bytes)
      error = http::error::header_limit;
  }

  void on_body(error_code error) {
    if (phase_ != phase::reading)
      return;
    drop_trailers();
    buffer_.max_size(std::numeric_limits<std::size_t>::max());
    if (error)
      return on_read_error(error);
    deadline_.disarm();
    watch_.rest();
    phase_ = phase::answering;
    parsed_request request{parser_->get(), peer_.peer_ip};
    auto is_upgrade = request.is_websocket_upgrade();
    if (is_upgrade && (buffer_.size() > 0 || body_unread_))
      // Bytes after the request would be lost in the hand-over. No client sends
      // any.
      return refuse({errc::bad_request, {}});
    if (is_upgrade)
      if (auto fault = request.upgrade_fault())
        return refuse(*fault);
    call_owner([&](http_owner& owner) { owner.on_request(request); });
    // Do not hold the body in memory while the response is awaited.
    if (phase_ == phase::answering && !is_upgrade)
      drop_body();
    if (phase_ == phase::answering && !writing_ && !is_upgrade && !body_unread_
        && buffer_.size() == 0)
      read_ahead();
  }

  void drop_body() {
    if (!std::exchange(is_body_kept_, false))
      std::string{}.swap(parser_->get().body());
  }

  void on_read_error(error_code error) {
    if (error == http::error::header_limit
        || error == http::error::buffer_overflow)
      return refuse({errc::header_too_large, {}});
    if (error == http::error::body_limit)
      return refuse({errc::too_large, {}});
    if (error == http::error::end_of_stream
        || error == http::error::partial_message
        || error.category()
               != make_error_code(http::error::bad_method).category())
      return finish({errc::peer_closed, error.message()});
    refuse({errc::bad_request, {}});
  }

  void on_deadline() {
    // Do not respond if no request has begun.
    if (phase_ == phase::reading && (parser_->got_some() || buffer_.size() > 0))
      return refuse({errc::request_timeout, {}});
    if (phase_ == phase::streaming && !silent_ && !leaving_)
      return on_stall_check();
    finish({silent_ ? errc::peer_closed : errc::request_timeout, {}});
  }

  // -- transfers --------------------------------------------------------------

  /// From now on, the current transfer must make progress.
  void watch(std::chrono::milliseconds limit) {
    deadline_.disarm();
    watch_.rest();
    watch_.begin(limit, options_.pace.least(limit));
  }

  /// Bytes of the body received, or bytes of responses acknowledged by the
  /// peer.
  [[nodiscard]] std::size_t moved() {
    if (phase_ == phase::reading)
      return parser_->get().body().size();
    return handed_
           - std::min(handed_, unacknowledged_bytes(
                                   socket_of(peer_.stream).native_handle()));
  }

  void on_stall() {
    auto keep = this->shared_from_this();
    if (phase_ == phase::reading)
      return refuse({errc::request_timeout, {}});
    finish({errc::request_timeout, "the peer does not read"});
  }

  /// Writes all of `buffers`, whose bytes must stay valid until then. Updates
  /// `handed_` as the bytes are handed to the system.
  template <class Buffers, class Handler>
  void write_all(const Buffers& buffers, Handler handler) {
    auto before = handed_;
    asio::async_write(
        peer_.stream, buffers,
        [self = this, before](error_code error,
                              std::size_t done) -> std::size_t {
          self->handed_ = before + done;
          if (!error && done > 0)
            self->await_progress();
          return error ? 0 : largest_piece;
        },
        [self = this->shared_from_this(), before,
         on_written = std::move(handler)](error_code error, std::size_t done) {
          self->handed_ = before + done;
          on_written(error);
        });
  }

  // -- responding -------------------------------------------------------------

  /// Responds on the owner's behalf and ends the connection.
  void refuse(const failure& why) {
    phase_ = phase::answering;
    if (spdlog::should_log(spdlog::level::debug)
        && (!options_.log_lines
            || options_.log_lines->admit(peer_.peer_ip, "http", token(why.code),
                                         deadlines_.now())))
      log_line(spdlog::level::debug,
               {.reason = token(why.code), .peer = peer_.peer_ip},
               "a request was rejected: {}", to_string(why));
    auto answer = refusal(why);
    // If the owner fails, a response without its headers is better than none.
    std::ignore = ask_owner([&](http_owner& owner) {
      owner.decorate(parsed_request{parser_->get(), peer_.peer_ip}, answer);
    });
    write_answer(response_text(answer, 11, false, is_head()), then::linger);
  }

  [[nodiscard]] bool is_head() const {
    return parser_->get().method() == http::verb::head;
  }

  void write_answer(std::string text, then next) {
    writing_ = true;
    answer_ = std::move(text);
    watch(options_.pace.stall_timeout);
    write_all(asio::buffer(answer_),
              [this, next](error_code error) { on_answered(error, next); });
  }

  void write_parts(then next) {
    if (parts_) {
      std::optional<stream_text> part;
      if (!contain("the generation of a response", [&] { part = parts_(); }))
        return finish({errc::internal, {}});
      if (part) {
        output_.add(*part, chunked_);
      } else {
        parts_ = nullptr;
        if (chunked_)
          output_.add_raw(last_chunk);
      }
    }
    if (!leaving_) {
      deadline_.disarm();
      watch_.begin(options_.pace.stall_timeout,
                   options_.pace.least(options_.pace.stall_timeout));
    }
    write_all(output_.start(), [this, next](error_code error) {
      output_.settle();
      if (!error && parts_ && phase_ != phase::ended)
        return write_parts(next);
      on_answered(error, next);
    });
  }

  void on_answered(error_code error, then next) {
    writing_ = false;
    if (phase_ == phase::ended)
      return;
    watch_.rest();
    if (error)
      return finish({errc::peer_closed, error.message()});
    if (next == then::linger || leaving_)
      return linger();
    deadline_.arm(options_.idle_timeout);
    await_request();
  }

  /// Closes the output and waits a little for the peer to read the response:
  /// closing a socket with unread input would reset the connection before that.
  void linger() {
    phase_ = phase::lingering;
    end_output(peer_.stream, this->shared_from_this());
    if (silent_)
      return finish({errc::peer_closed, {}});
    linger_end_ = deadlines_.now()
                  + std::max<duration>(options_.request_timeout, linger_time);
    deadline_.arm(linger_time);
    discard_input();
  }

  void discard_input() {
    socket_of(peer_.stream)
        .async_read_some(
            asio::buffer(discarded_),
            [self = this->shared_from_this()](error_code error, std::size_t) {
              if (self->phase_ != phase::lingering)
                return;
              if (error)
                return self->finish({errc::peer_closed, {}});
              self->linger_on();
              self->discard_input();
            });
  }

  /// A peer that is still sending has not read the response yet.
  void linger_on() {
    auto left = linger_end_ - deadlines_.now();
    deadline_.arm(std::min<duration>(left, linger_time));
  }

  // -- streaming --------------------------------------------------------------

  void flush_stream() {
    tell_debt();
    if (writing_ || output_.waiting() == 0)
      return;
    writing_ = true;
    await_progress();
    auto on_written = [this](error_code error) { on_stream_written(error); };
    const auto& buffers = output_.start();
    // Fast path: nearly always there is only one buffer.
    if (buffers.size() == 1)
      write_all(asio::buffer(buffers.front()), on_written);
    else
      write_all(buffers, on_written);
  }

  /// Called when the reader has made progress. Rearming the deadline for each
  /// write would cost more than checking the time when it expires.
  void await_progress() {
    if (phase_ != phase::streaming)
      return;
    progress_at_ = deadlines_.now();
    if (!deadline_.armed())
      deadline_.arm(options_.stall_timeout);
  }

  void on_stall_check() {
    if (!writing_)
      return;
    auto idle = deadlines_.now() - progress_at_;
    if (idle >= options_.stall_timeout)
      return finish({errc::stalled, debt_text()});
    deadline_.arm(options_.stall_timeout - idle);
  }

  void on_stream_written(error_code error) {
    writing_ = false;
    output_.settle();
    if (phase_ != phase::streaming)
      return;
    if (error || (leaving_ && output_.waiting() == 0))
      return finish(end_of_stream(error));
    flush_stream();
    if (std::exchange(refused_, false))
      call_owner([](http_owner& owner) { owner.on_writable(); });
  }

  /// The kernel also detects a reader that reads nothing for too long, and may
  /// do so first.
  [[nodiscard]] session_end end_of_stream(error_code error) const {
    if (error == asio::error::timed_out)
      return {errc::stalled, debt_text()};
    return {errc::peer_closed, error.message()};
  }

  void watch_for_peer_close() {
    peer_.stream.async_read_some(
        asio::buffer(discarded_),
        [self = this->shared_from_this()](error_code error, std::size_t) {
          if (self->phase_ != phase::streaming)
            return;
          if (error)
            return self->finish(self->end_of_stream(error));
          self->watch_for_peer_close();
        });
  }

  // -- unsent output ----------------------------------------------------------

  void open_account() {
    if (!options_.output)
      return;
    auto evict = [weak = this->weak_from_this(),
                  home = peer_.stream.get_executor()] {
      asio::post(home, [weak] {
        if (auto self = weak.lock())
          self->on_evicted();
      });
    };
    account_ = std::make_unique<output_ledger::account>(options_.output,
                                                        std::move(evict));
  }

  void tell_debt() {
    if (account_)
      account_->owe(output_.own(), output_.shared() + backlog_);
  }

  [[nodiscard]] std::string debt_text() const {
    return std::to_string(output_.own() + output_.shared() + backlog_)
           + " bytes were pending";
  }

  void on_evicted() {
    finish({errc::output_budget, debt_text()});
  }

  // -- ending -----------------------------------------------------------------

  /// Calls the owner, which may release itself meanwhile. An exception leaves
  /// the owner in an unknown state: the connection ends, with an error response
  /// if one is pending.
  template <class Call>
  void call_owner(Call call) {
    if (!ask_owner(call)) {
      if (phase_ == phase::answering && !writing_)
        refuse({errc::internal, {}});
      else
        finish({errc::internal, {}});
    }
    deferred_owner_.reset();
  }

  /// An owner that releases itself during the call lives until the call
  /// returns. Returns false after an exception.
  template <class Call>
  [[nodiscard]] bool ask_owner(Call call) {
    if (!owner_)
      return true;
    calling_owner_ = true;
    auto went_well =
        contain("the handling of a request", [&] { call(*owner_); });
    calling_owner_ = false;
    return went_well;
  }

  /// All paths end here. Idempotent.
  void finish(const session_end& end) {
    if (phase_ == phase::ended)
      return;
    auto keep = this->shared_from_this();
    phase_ = phase::ended;
    deadline_.disarm();
    watch_.rest();
    parts_ = nullptr;
    take_leave(peer_.stream, keep);
    // Must precede closing the socket, because the place may shut down that
    // descriptor for as long as it lives.
    peer_.place.reset();
    error_code ignored;
    socket_of(peer_.stream).close(ignored);
    peer_.presence.reset();
    if (auto owner = std::move(owner_))
      contain("the end of a connection", [&] { owner->on_end(end); });
    if (!calling_owner_)
      deferred_owner_.reset();
  }

  http_options options_;
  basic_connection<Stream> peer_;
  deadline_queue& deadlines_;
  beast::flat_buffer buffer_;
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
  bool calling_owner_ = false;
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
  std::function<void(std::uint64_t, beast::string_view, error_code&)> on_chunk_;
  deadline deadline_;
  transfer_watch watch_;
  /// When lingering ends, even if the peer is still sending.
  time_point linger_end_{};
  std::unique_ptr<http_owner> owner_;
  std::unique_ptr<http_owner> deferred_owner_;
};

template <class Stream>
std::shared_ptr<http_session> make_http_session(basic_connection<Stream> peer,
                                                const http_options& options,
                                                deadline_queue& deadlines) {
  return std::make_shared<stream_http_session<Stream>>(std::move(peer), options,
                                                       deadlines);
}

template std::shared_ptr<http_session>
make_http_session(connection, const http_options&, deadline_queue&);

template std::shared_ptr<http_session>
make_http_session(tls_connection, const http_options&, deadline_queue&);

} // namespace bridgekeeper::net
