#include "net/websocket_session.hpp"

#include "net/beast_sessions.hpp"
#include "net/error_boundary.hpp"
#include "net/frame_queue.hpp"
#include "net/gathering_stream.hpp"
#include "net/http_date.hpp"
#include "net/socket_options.hpp"
#include "net/write_turns.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

namespace bridgekeeper::net {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;

using boost::system::error_code;

namespace {

/// An empty read buffer larger than this is released, so that idle connections
/// use little memory even after a large frame.
constexpr std::size_t kept_read_buffer = 1024;

/// Frames are sent together until they reach this many bytes. Small frames thus
/// share a system call, and large ones do not become larger.
constexpr std::size_t write_batch = 64 * kibibyte;

/// The size of a read for a message that counts against a budget, and the delay
/// before a message that found the budget exhausted retries.
constexpr std::size_t budgeted_piece = 16 * kibibyte;
constexpr auto budget_retry = std::chrono::milliseconds{50};

constexpr std::string_view unfinished_text =
    "The message did not arrive in time";

/// All waiting output goes out before a pong or a close frame.
constexpr std::size_t everything = std::numeric_limits<std::size_t>::max();

} // namespace

template <class Stream>
class stream_websocket_session
  : public websocket_session,
    public write_turns::writer,
    public std::enable_shared_from_this<stream_websocket_session<Stream>> {
public:
  stream_websocket_session(basic_connection<Stream> peer,
                           upgrade_request request,
                           const websocket_options& options,
                           deadline_queue& deadlines)
    : options_(options), peer_ip_(std::move(peer.peer_ip)),
      place_(std::move(peer.place)), presence_(std::move(peer.presence)),
      deadlines_(deadlines), last_inbound_(deadlines.now()),
      turns_(write_turns::of(peer.stream.get_executor().context())),
      stream_(gathering_stream<Stream>{std::move(peer.stream)}),
      request_(std::make_unique<upgrade_request>(std::move(request))),
      close_deadline_(deadlines, [this] { on_close_timeout(); }),
      ping_deadline_(deadlines, [this] { on_silence(); }),
      share_(options_.budget) {
    // The kernel's limit also covers a closed window, which a working bridge
    // may keep closed for long.
    limit_unacknowledged(socket_of(transport()).native_handle(),
                         options_.peer_may_pause ? std::chrono::milliseconds{0}
                                                 : options_.pace.stall_timeout);
    // Let Beast bound only the closing handshake. Idle connections are the
    // owner's responsibility, so Beast's idle timeout and pings are off.
    websocket::stream_base::timeout limits{};
    limits.handshake_timeout = options_.close_timeout;
    limits.idle_timeout = websocket::stream_base::none();
    limits.keep_alive_pings = false;
    stream_.set_option(limits);
    stream_.read_message_max(options_.max_frame);
    stream_.auto_fragment(false);
    stream_.text(true);
    // Beast would send its name and version.
    stream_.set_option(
        websocket::stream_base::decorator([](websocket::response_type& answer) {
          answer.set(beast::http::field::server, "bridgekeeper");
          answer.set(beast::http::field::date, http_date_now());
          answer.set("X-Content-Type-Options", "nosniff");
        }));
  }

  // -- websocket_session ------------------------------------------------------

  void start(std::unique_ptr<websocket_owner> owner) override {
    owner_ = std::move(owner);
    queue_.count_in(options_.output);
    open_account();
    stream_.control_callback([this](websocket::frame_type, auto) {
      last_inbound_ = deadlines_.now();
      // Called between the frames of an unfinished message.
      if (!stream_.is_message_done())
        watch_input();
    });
    transport().before_control([this] { hand_over(everything); });
    stream_.async_accept(*request_,
                         [self = this->shared_from_this()](error_code error) {
                           self->request_.reset();
                           self->on_accepted(error);
                         });
  }

  void send(stream_text text) override {
    if (phase_ != phase::open)
      return;
    queue_.push(std::move(text));
    tell_debt();
    was_full_ = was_full_ || is_full();
    if (!options_.peer_may_pause)
      watch_output();
    write_soon();
  }

  [[nodiscard]] bool is_open() const override {
    return phase_ == phase::open;
  }

  [[nodiscard]] bool is_full() const override {
    return queue_.bytes() > options_.queue_bytes
           || queue_.frames() > options_.queue_frames;
  }

  void close(const protocol::close_reason& reason, errc why) override {
    if (phase_ != phase::open)
      return;
    phase_ = phase::closing;
    ending_ = std::make_unique<ending>();
    ending_->why = {why, reason.text};
    ending_->said = websocket::close_reason{
        static_cast<websocket::close_code>(reason.code), reason.text};
    stop_watching();
    if (queue_.bytes() > 0)
      taken_before_ = taken();
    close_deadline_.arm(options_.close_timeout);
    write_next();
  }

  void abandon(const protocol::close_reason& reason, errc why) override {
    // The owner may be on the call stack, so keep it until that has unwound.
    if (owner_)
      deferred_owner_ = std::move(owner_);
    close(reason, why);
  }

  void keep_place() override {
    if (place_)
      place_->keep();
  }

  void pause_reading() override {
    paused_ = true;
    // The peer cannot make progress while reading is paused.
    if (input_watch_)
      input_watch_->rest();
  }

  void resume_reading() override {
    if (std::exchange(paused_, false) && !options_.peer_may_pause)
      resumed_ = deadlines_.now();
    if (!stream_.is_message_done())
      watch_input();
    read_next();
  }

  void ping() override {
    if (phase_ != phase::open || !accepted_ || pinging_)
      return;
    pinging_ = true;
    stream_.async_ping({}, [self = this->shared_from_this()](error_code) {
      self->pinging_ = false;
    });
  }

  void hold_frame() override {
    holds_frame_ = true;
  }

  void release_frame() override {
    // A frame that is being delivered is returned to the budget after the call.
    if (std::exchange(holds_frame_, false) && !delivering_)
      share_.give_back();
  }

  void accept_frames_up_to(std::size_t bytes) override {
    share_.leave();
    options_.max_frame = bytes;
    stream_.read_message_max(bytes);
  }

  [[nodiscard]] time_point last_inbound() const override {
    return last_inbound_;
  }

  [[nodiscard]] std::size_t queued_bytes() const override {
    return queue_.bytes();
  }

  [[nodiscard]] std::size_t queued_frames() const override {
    return queue_.frames();
  }

  // -- write_turns::writer ----------------------------------------------------

  void write_now() override {
    write_due_ = false;
    write_next();
  }

private:
  enum class phase { open, closing, ended };

  /// Allocated only when the session begins to close.
  struct ending {
    session_end why;
    websocket::close_reason said;
    std::array<char, 64> discarded;
  };

  gathering_stream<Stream>& transport() {
    return stream_.next_layer();
  }

  void on_accepted(error_code error) {
    if (error)
      return finish({errc::peer_closed, "upgrade: " + error.message()});
    accepted_ = true;
    if (phase_ == phase::closing)
      return write_next();
    if (phase_ != phase::open)
      return;
    if (options_.ping_interval.count() > 0)
      ping_deadline_.arm(options_.ping_interval);
    write_next();
    read_next();
  }

  // -- slow and silent peers --------------------------------------------------

  /// Bytes that the peer has acknowledged so far.
  [[nodiscard]] std::size_t taken() {
    auto handed = transport().handed();
    return handed - std::min(handed, unread());
  }

  void watch_output() {
    if (!output_watch_)
      output_watch_ = std::make_unique<transfer_watch>(
          deadlines_,
          [this]() -> std::optional<std::size_t> {
            if (queue_.bytes() == 0)
              return std::nullopt;
            return taken();
          },
          [this] { drop_slow_peer(); });
    output_watch_->begin(options_.pace.stall_timeout, 1);
  }

  void drop_slow_peer() {
    auto keep = this->shared_from_this();
    queue_.drop_waiting();
    close(protocol::make_close_reason(errc::overflow), errc::overflow);
  }

  void watch_input() {
    if (!input_watch_)
      input_watch_ = std::make_unique<transfer_watch>(
          deadlines_,
          [this]() -> std::optional<std::size_t> {
            if (stream_.is_message_done())
              return std::nullopt;
            return received_;
          },
          [this] { on_input_stalled(); });
    const auto& pace = options_.pace;
    if (!paused_ && phase_ == phase::open)
      input_watch_->begin(pace.stall_timeout, pace.least(pace.stall_timeout));
  }

  void on_input_stalled() {
    auto keep = this->shared_from_this();
    close(protocol::make_close_reason(errc::request_timeout, unfinished_text),
          errc::request_timeout);
  }

  /// Called one ping interval after the peer's last sign of life, or when its
  /// pong is overdue.
  void on_silence() {
    auto interval = duration{options_.ping_interval};
    auto now = deadlines_.now();
    auto silent = now - std::max(last_inbound_, resumed_);
    if (silent < interval) {
      pinged_ = false;
      return ping_deadline_.arm(interval - silent);
    }
    // Any input since the first unanswered ping counts as its pong.
    if (!pinged_ || !owes_pong() || last_inbound_ >= owed_since_.when)
      owed_since_ = {now, transport().handed(), unread()};
    pinged_ = true;
    auto waited = now - owed_since_.when;
    auto timeout = duration{options_.pace.stall_timeout};
    if (waited >= timeout)
      return close(protocol::make_close_reason(errc::heartbeat_timeout),
                   errc::heartbeat_timeout);
    ping();
    ping_deadline_.arm(options_.peer_may_pause
                           ? interval
                           : std::min(interval, timeout - waited));
  }

  /// Whether the peer could have answered a ping by now. That requires that the
  /// session is reading, and that no output precedes the ping, because
  /// `output_watch_` judges pending output.
  [[nodiscard]] bool owes_pong() {
    return !options_.peer_may_pause && !paused_ && queue_.bytes() == 0
           && !may_be_on_its_way();
  }

  /// Whether the ping may not have reached the peer yet. Over TCP the kernel
  /// breaks a connection on which nothing is acknowledged. A socket file has
  /// neither acknowledgements nor that limit: there, output that the program
  /// has not read is an excuse only while the program continues to read.
  [[nodiscard]] bool may_be_on_its_way() {
    auto waits = unread();
    if (waits == 0 || !is_over_file(socket_of(transport()).native_handle()))
      return waits > 0;
    // The kernel counts the memory of waiting data, which is more than its
    // bytes, so compare changes instead of absolute values.
    return waits + owed_since_.handed
           < owed_since_.unread + transport().handed();
  }

  /// Bytes that the kernel holds for the peer; see `unacknowledged_bytes`.
  [[nodiscard]] std::size_t unread() {
    return unacknowledged_bytes(socket_of(transport()).native_handle());
  }

  void stop_watching() {
    ping_deadline_.disarm();
    if (output_watch_)
      output_watch_->rest();
    if (input_watch_)
      input_watch_->rest();
  }

  // -- reading ----------------------------------------------------------------

  void read_next() {
    if (reading_ || delivering_ || paused_ || !accepted_
        || phase_ != phase::open)
      return;
    auto is_counted = share_.is_counted();
    if (is_counted && !share_.grow_to(budgeted_bytes()))
      return read_later();
    reading_ = true;
    // Read in pieces, so that every byte of a slow large frame is a sign of
    // life.
    stream_.async_read_some(
        buffer_, is_counted ? budgeted_piece : 0,
        [self = this->shared_from_this()](error_code error, std::size_t size) {
          self->on_read(error, size);
        });
  }

  /// The message's share of the budget after the next piece.
  [[nodiscard]] std::size_t budgeted_bytes() const {
    auto size = buffer_.size() + budgeted_piece;
    return size - std::min(size, options_.unbudgeted_bytes);
  }

  /// Retries later, because other connections have exhausted the budget and
  /// will return their shares.
  void read_later() {
    if (!budget_deadline_)
      budget_deadline_ =
          std::make_unique<deadline>(deadlines_, [this] { read_next(); });
    budget_deadline_->arm(budget_retry);
  }

  void on_read(error_code error, std::size_t size) {
    reading_ = false;
    if (error)
      return on_read_error(error);
    last_inbound_ = deadlines_.now();
    received_ += size;
    if (!stream_.is_message_done()) {
      watch_input();
    } else {
      auto bytes = buffer_.data();
      std::string_view payload{static_cast<const char*>(bytes.data()),
                               bytes.size()};
      // The owner reads from the buffer during the call, so it must not change.
      delivering_ = true;
      auto is_handled = contain("the handling of a frame", [&] {
        if (owner_ && phase_ == phase::open)
          owner_->on_frame(payload, stream_.got_binary());
      });
      delivering_ = false;
      deferred_owner_.reset();
      // After an exception, the owner is in an unknown state.
      if (!is_handled)
        give_up_owner();
      buffer_.consume(buffer_.size());
      if (buffer_.capacity() > kept_read_buffer)
        buffer_.shrink_to_fit();
      if (!holds_frame_)
        share_.give_back();
    }
    read_next();
  }

  void on_read_error(error_code error) {
    if (phase_ != phase::open)
      // The session's own close is in progress and reports through
      // `on_close_sent`.
      return;
    if (error == websocket::error::closed) {
      const auto& reason = stream_.reason();
      return finish(closed_by_peer(
          reason.code, {reason.reason.data(), reason.reason.size()}));
    }
    // Beast does not know all valid codes, but the reply was corrected.
    if (const auto* said = transport().closed_by_peer();
        error == websocket::error::bad_close_code && said
        && may_be_sent(said->code))
      return linger(closed_by_peer(said->code, said->reason));
    if (error == websocket::error::message_too_big
        || error == websocket::error::buffer_overflow)
      return linger(
          {errc::too_large,
           "frame over " + std::to_string(options_.max_frame) + " bytes"});
    if (error.category() == stream_error_category())
      return linger({errc::peer_closed, error.message()});
    finish({errc::peer_closed, error.message()});
  }

  static session_end closed_by_peer(unsigned code, std::string_view reason) {
    auto out = "closed by peer with " + std::to_string(code);
    if (!reason.empty())
      out.append(" ").append(reason);
    return {errc::peer_closed, std::move(out)};
  }

  static const boost::system::error_category& stream_error_category() {
    static const error_code sample = websocket::error::closed;
    return sample.category();
  }

  // -- writing ----------------------------------------------------------------

  void write_soon() {
    if (queue_.is_under_way() || !accepted_)
      return;
    if (queue_.bytes() >= write_batch)
      return write_next();
    if (!std::exchange(write_due_, true))
      turns_.put_off(this->shared_from_this());
  }

  void write_next() {
    if (queue_.is_under_way() || !accepted_)
      return;
    hand_over(write_batch);
    if (phase_ == phase::closing && !queue_.is_under_way())
      send_close_frame();
  }

  /// Hands waiting frames to the stream, up to `limit` bytes.
  void hand_over(std::size_t limit) {
    if (!accepted_ || phase_ == phase::ended)
      return;
    auto batch = queue_.start(limit, [this](const stream_text& frame) {
      // After a close frame, the pending read will report why it was sent.
      error_code error = asio::error::shut_down;
      if (!transport().has_closed())
        write(frame, error);
      return !error;
    });
    if (batch.frames > 0)
      transport().async_flush(
          [self = this->shared_from_this(), batch](error_code error) {
            self->on_written(batch, error);
          });
  }

  void write(const stream_text& frame, error_code& error) {
    // Fast path: nearly always there is only one buffer.
    if (!frame.body) {
      stream_.write(asio::buffer(frame.head), error);
      return;
    }
    transport().share(frame.body);
    stream_.write(std::array{asio::buffer(frame.head),
                             asio::buffer(frame.body->text),
                             asio::buffer(frame.tail)},
                  error);
    transport().share(nullptr);
  }

  void on_written(const frame_queue::batch& batch, error_code error) {
    queue_.settle(batch);
    tell_debt();
    if (!error) {
      write_next();
      return tell_room();
    }
    // If a close frame was sent, the peer may still be reading it.
    if (!close_sent_)
      finish(
          {ending_ ? ending_->why.reason : errc::peer_closed, error.message()});
  }

  void tell_room() {
    if (!was_full_ || is_full())
      return;
    was_full_ = false;
    auto is_handled = contain("the resumption of writing to a WebSocket", [&] {
      if (owner_ && phase_ == phase::open)
        owner_->on_room();
    });
    deferred_owner_.reset();
    if (!is_handled)
      give_up_owner();
  }

  // -- pending output ---------------------------------------------------------

  void open_account() {
    if (!options_.output)
      return;
    auto evict = [weak = this->weak_from_this(),
                  home = transport().get_executor()] {
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
      account_->owe(queue_.bytes() - queue_.shared(), queue_.shared());
  }

  /// Returns the shared texts first: otherwise the ledger would conclude that
  /// this end freed no memory, and evict another reader.
  void close_account() {
    queue_.drop_waiting();
    queue_.stop_counting();
    account_.reset();
  }

  /// The ledger evicts this reader to make room for others.
  void on_evicted() {
    close_account();
    close(protocol::make_close_reason(errc::output_budget),
          errc::output_budget);
  }

  // -- ending -----------------------------------------------------------------

  void send_close_frame() {
    if (close_sent_)
      return;
    close_sent_ = true;
    stream_.async_close(ending_->said,
                        [self = this->shared_from_this()](error_code) {
                          self->finish(self->ending_->why);
                        });
  }

  /// The peer violated the protocol and was sent a close frame. Gives it a
  /// little time to read that: closing a socket with unread input would reset
  /// the connection before that.
  void linger(const session_end& end) {
    phase_ = phase::closing;
    ending_ = std::make_unique<ending>();
    ending_->why = end;
    close_sent_ = true;
    queue_.drop_waiting();
    stop_watching();
    close_deadline_.arm(options_.close_timeout);
    tell_owner(end);
    end_output(transport(), this->shared_from_this());
    discard_input();
  }

  void discard_input() {
    socket_of(transport())
        .async_read_some(
            asio::buffer(ending_->discarded),
            [self = this->shared_from_this()](error_code error, std::size_t) {
              if (self->phase_ == phase::ended)
                return;
              if (error)
                return self->finish(self->ending_->why);
              self->discard_input();
            });
  }

  void give_up_owner() {
    close(protocol::make_close_reason(errc::internal), errc::internal);
    tell_owner({errc::internal, {}});
  }

  void tell_owner(const session_end& end) {
    if (auto owner = std::move(owner_))
      contain("the end of a WebSocket", [&] { owner->on_end(end); });
  }

  /// The closing handshake took too long, or a write has not completed. A peer
  /// that is still reading the queued output gets more time.
  void on_close_timeout() {
    if (!close_sent_ && queue_.bytes() > 0) {
      auto now = taken();
      auto before = std::exchange(taken_before_, now);
      if (now >= before + options_.pace.least(options_.close_timeout))
        return close_deadline_.arm(options_.close_timeout);
    }
    finish(ending_->why);
  }

  /// All paths end here. Idempotent.
  void finish(const session_end& end) {
    if (phase_ == phase::ended)
      return;
    auto keep = this->shared_from_this();
    phase_ = phase::ended;
    close_deadline_.disarm();
    stop_watching();
    budget_deadline_.reset();
    close_account();
    stream_.control_callback();
    transport().before_control({});
    take_leave(transport(), keep);
    // Must precede closing the socket, because the place may shut down that
    // descriptor for as long as it lives.
    place_.reset();
    error_code ignored;
    socket_of(transport()).close(ignored);
    presence_.reset();
    tell_owner(end);
    deferred_owner_.reset();
  }

  websocket_options options_;
  std::string peer_ip_;
  connection_ledger::place_ptr place_;
  std::shared_ptr<void> presence_;
  deadline_queue& deadlines_;
  time_point last_inbound_;
  /// When reading resumed after a pause.
  time_point resumed_{};
  /// Since when a pong is due, how many bytes the kernel had been handed by
  /// then, and how many of those it still held.
  struct ping_mark {
    time_point when{};
    std::size_t handed = 0;
    std::size_t unread = 0;
  };
  ping_mark owed_since_;

  write_turns& turns_;
  websocket::stream<gathering_stream<Stream>, false> stream_;
  /// Null once the upgrade is accepted.
  std::unique_ptr<upgrade_request> request_;
  beast::flat_buffer buffer_;
  std::unique_ptr<output_ledger::account> account_;
  frame_queue queue_;

  phase phase_ = phase::open;
  bool accepted_ = false;
  bool reading_ = false;
  bool paused_ = false;
  bool delivering_ = false;
  /// The owner still holds the last message.
  bool holds_frame_ = false;
  bool write_due_ = false;
  bool pinging_ = false;
  /// A ping has been sent since the peer's last sign of life.
  bool pinged_ = false;
  bool was_full_ = false;
  bool close_sent_ = false;
  std::unique_ptr<ending> ending_;
  deadline close_deadline_;
  deadline ping_deadline_;
  // Created on first use; most connections never need them.
  std::unique_ptr<transfer_watch> output_watch_;
  std::unique_ptr<transfer_watch> input_watch_;
  std::unique_ptr<deadline> budget_deadline_;
  byte_budget::share share_;
  /// Bytes of messages received so far.
  std::size_t received_ = 0;
  /// What the peer had acknowledged when the current close timeout began.
  std::size_t taken_before_ = 0;

  std::unique_ptr<websocket_owner> owner_;
  std::unique_ptr<websocket_owner> deferred_owner_;
};

template <class Stream>
std::shared_ptr<websocket_session>
make_websocket_session(basic_connection<Stream> peer, upgrade_request request,
                       const websocket_options& options,
                       deadline_queue& deadlines) {
  return std::make_shared<stream_websocket_session<Stream>>(
      std::move(peer), std::move(request), options, deadlines);
}

template std::shared_ptr<websocket_session>
make_websocket_session(connection, upgrade_request, const websocket_options&,
                       deadline_queue&);

template std::shared_ptr<websocket_session>
make_websocket_session(tls_connection, upgrade_request,
                       const websocket_options&, deadline_queue&);

} // namespace bridgekeeper::net
