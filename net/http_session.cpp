#include "net/beast_http_session.hpp"
#include "net/http_text.hpp"

#include <utility>

namespace bridgekeeper::net {

namespace beast = boost::beast;
namespace http = boost::beast::http;

beast_http_session::beast_http_session(connection peer,
                                       const http_options& options,
                                       deadline_queue& deadlines)
  : options_(options), peer_(std::move(peer)), deadlines_(deadlines),
    on_chunk_([this](std::uint64_t, beast::string_view extensions,
                     error_code& error) { count(extensions, error); }),
    deadline_(deadlines, [this] { on_deadline(); }),
    watch_(
        deadlines, [this] { return moved(); }, [this] { on_stall(); }) {
  output_.count_in(options_.output);
}

void beast_http_session::start(std::unique_ptr<http_owner> owner) {
  owner_.set(std::move(owner));
  deadline_.arm(options_.request_timeout);
  await_request();
}

void beast_http_session::repeat_request() {
  if (phase_ != phase::answering || writing_)
    return;
  auto keep = shared_from_this();
  parsed_request request{parser_->get(), peer_.peer_ip};
  call_owner([&](http_owner& owner) { owner.on_request(request); });
  if (phase_ == phase::answering)
    drop_body();
}

void beast_http_session::keep_request() {
  is_body_kept_ = true;
}

void beast_http_session::respond(http_response response) {
  if (phase_ != phase::answering)
    return;
  auto keep_alive = parser_->get().keep_alive() && !leaving_ && !body_unread_
                    && !response.is_last;
  write_answer(
      response_text(response, parser_->get().version(), keep_alive, is_head()),
      keep_alive ? then::read_on : then::linger);
}

void beast_http_session::respond_in_parts(http_response response,
                                          part_source next) {
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

std::shared_ptr<websocket_session>
beast_http_session::upgrade(const websocket_options& options) {
  deadline_.disarm();
  watch_.rest();
  phase_ = phase::ended;
  owner_.release();
  return make_websocket_session(std::move(peer_), parser_->release(), options,
                                deadlines_);
}

void beast_http_session::keep_place() {
  if (peer_.place)
    peer_.place->keep();
}

void beast_http_session::share_place(connection_ledger::place& other) {
  if (peer_.place)
    other.may_be_cut_with(*peer_.place);
}

void beast_http_session::abandon() {
  owner_.release();
  leaving_ = true;
  // Finish sending the current response first, if the peer reads it.
  if (writing_)
    watch(linger_time);
  else if (phase_ != phase::lingering)
    finish({errc::peer_closed, {}});
}

// -- ending -------------------------------------------------------------------

void beast_http_session::on_deadline() {
  // Do not respond if no request has begun.
  if (phase_ == phase::reading && (parser_->got_some() || buffer_.size() > 0))
    return refuse({errc::request_timeout, {}});
  if (phase_ == phase::streaming && !silent_ && !leaving_)
    return on_stall_check();
  finish({silent_ ? errc::peer_closed : errc::request_timeout, {}});
}

void beast_http_session::finish(const session_end& end) {
  if (phase_ == phase::ended)
    return;
  auto keep = shared_from_this();
  phase_ = phase::ended;
  deadline_.disarm();
  watch_.rest();
  parts_ = nullptr;
  close_connection(peer_.stream, peer_.place, peer_.presence, keep);
  owner_.end("the end of a connection", end);
}

std::shared_ptr<http_session> make_http_session(connection peer,
                                                const http_options& options,
                                                deadline_queue& deadlines) {
  return std::make_shared<beast_http_session>(std::move(peer), options,
                                              deadlines);
}

} // namespace bridgekeeper::net
