#include "log/log_line.hpp"
#include "net/beast_http_session.hpp"
#include "net/error_boundary.hpp"
#include "net/http_text.hpp"
#include "net/socket_options.hpp"

#include <boost/asio/buffer.hpp>

#include <algorithm>
#include <tuple>
#include <utility>

namespace bridgekeeper::net {

namespace asio = boost::asio;
namespace http = boost::beast::http;

void beast_http_session::watch(std::chrono::milliseconds limit) {
  deadline_.disarm();
  watch_.rest();
  watch_.begin(limit, options_.pace.least(limit));
}

std::size_t beast_http_session::moved() {
  if (phase_ == phase::reading)
    return parser_->get().body().size();
  return handed_
         - std::min(handed_, unacknowledged_bytes(
                                 peer_.stream.socket().native_handle()));
}

void beast_http_session::on_stall() {
  auto keep = shared_from_this();
  if (phase_ == phase::reading)
    return refuse({errc::request_timeout, {}});
  finish({errc::request_timeout, "the peer does not read"});
}

// -- responding ---------------------------------------------------------------

void beast_http_session::refuse(const failure& why) {
  phase_ = phase::answering;
  if (log::is_on(log::level::debug)
      && (!options_.log_lines
          || options_.log_lines->admit(peer_.peer_ip, "http", token(why.code),
                                       deadlines_.now())))
    log::line(log::level::debug,
              {.reason = token(why.code), .peer = peer_.peer_ip},
              "a request was rejected: {}", to_string(why));
  auto answer = refusal(why);
  // If the owner fails, a response without its headers is better than none.
  std::ignore = ask_owner([&](http_owner& owner) {
    owner.decorate(parsed_request{parser_->get(), peer_.peer_ip}, answer);
  });
  write_answer(response_text(answer, 11, false, is_head()), then::linger);
}

bool beast_http_session::is_head() const {
  return parser_->get().method() == http::verb::head;
}

void beast_http_session::write_answer(std::string text, then next) {
  writing_ = true;
  answer_ = std::move(text);
  watch(options_.pace.stall_timeout);
  write_all(asio::buffer(answer_),
            [this, next](error_code error) { on_answered(error, next); });
}

void beast_http_session::write_parts(then next) {
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

void beast_http_session::on_answered(error_code error, then next) {
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

void beast_http_session::linger() {
  phase_ = phase::lingering;
  peer_.stream.end_output(shared_from_this());
  if (silent_)
    return finish({errc::peer_closed, {}});
  linger_end_ = deadlines_.now()
                + std::max<duration>(options_.request_timeout, linger_time);
  deadline_.arm(linger_time);
  discard_input(peer_.stream.socket(), asio::buffer(discarded_),
                [self = shared_from_this()](error_code error) {
                  if (self->phase_ != phase::lingering)
                    return false;
                  if (error)
                    self->finish({errc::peer_closed, {}});
                  else
                    self->linger_on();
                  return !error;
                });
}

void beast_http_session::linger_on() {
  auto left = linger_end_ - deadlines_.now();
  deadline_.arm(std::min<duration>(left, linger_time));
}

} // namespace bridgekeeper::net
