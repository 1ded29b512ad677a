#include "net/beast_websocket_session.hpp"
#include "net/http_date.hpp"

#include <limits>
#include <utility>

namespace bridgekeeper::net {

namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;

beast_websocket_session::beast_websocket_session(
    connection peer, upgrade_request request, const websocket_options& options,
    deadline_queue& deadlines)
  : options_(options), peer_ip_(std::move(peer.peer_ip)),
    place_(std::move(peer.place)), presence_(std::move(peer.presence)),
    deadlines_(deadlines), last_inbound_(deadlines.now()),
    turns_(write_turns::of(peer.stream.get_executor().context())),
    stream_(gathering_stream<peer_stream>{std::move(peer.stream)}),
    request_(std::make_unique<upgrade_request>(std::move(request))),
    close_deadline_(deadlines, [this] { on_close_timeout(); }),
    ping_deadline_(deadlines, [this] { on_silence(); }),
    share_(options_.budget) {
  // The kernel's limit also covers a closed window, which a working bridge
  // may keep closed for long.
  limit_unacknowledged(transport().socket().native_handle(),
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

void beast_websocket_session::start(std::unique_ptr<websocket_owner> owner) {
  owner_.set(std::move(owner));
  queue_.count_in(options_.output);
  account_ = open_account(options_.output, weak_from_this(),
                          transport().get_executor());
  stream_.control_callback([this](websocket::frame_type, auto) {
    last_inbound_ = deadlines_.now();
    // Called between the frames of an unfinished message.
    if (!stream_.is_message_done())
      watch_input();
  });
  // All waiting output goes out before a pong or a close frame.
  transport().before_control(
      [this] { hand_over(std::numeric_limits<std::size_t>::max()); });
  stream_.async_accept(*request_,
                       [self = shared_from_this()](error_code error) {
                         self->request_.reset();
                         self->on_accepted(error);
                       });
}

bool beast_websocket_session::is_open() const {
  return phase_ == phase::open;
}

void beast_websocket_session::keep_place() {
  if (place_)
    place_->keep();
}

time_point beast_websocket_session::last_inbound() const {
  return last_inbound_;
}

void beast_websocket_session::on_accepted(error_code error) {
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

std::shared_ptr<websocket_session>
make_websocket_session(connection peer, upgrade_request request,
                       const websocket_options& options,
                       deadline_queue& deadlines) {
  return std::make_shared<beast_websocket_session>(
      std::move(peer), std::move(request), options, deadlines);
}

} // namespace bridgekeeper::net
