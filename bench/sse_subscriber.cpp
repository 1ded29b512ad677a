#include "bench/sse_subscriber.hpp"

#include "bench/http_head.hpp"

#include <stdexcept>
#include <utility>

namespace bridgekeeper::bench {

sse_subscriber::sse_subscriber(const surroundings& env,
                               const std::string& agent,
                               std::function<void()> on_up,
                               const event_handler& on_event)
  : tcp_link(env.io),
    request_("GET /control/agents/" + agent
             + "/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer "
             + env.opts.token + "\r\nAccept: text/event-stream\r\n\r\n"),
    on_up_(std::move(on_up)), on_event_(on_event) {}

void sse_subscriber::on_open() {
  out() += request_;
  flush();
}

std::size_t sse_subscriber::on_bytes(std::string_view bytes) {
  std::size_t head = streaming_ ? 0 : take_head(bytes);
  if (!streaming_)
    return 0;
  auto rest = bytes.substr(head);
  if (chunked_)
    chunks_.decode(rest, body_);
  else
    body_ += rest;
  take_body();
  return bytes.size();
}

std::size_t sse_subscriber::take_head(std::string_view bytes) {
  auto head = parse_head(bytes);
  if (!head)
    return 0;
  if (head->status != 200)
    throw std::runtime_error("event stream refused: " + std::string{bytes});
  streaming_ = true;
  chunked_ = head->chunked;
  on_up_();
  return head->size;
}

void sse_subscriber::take_body() {
  constexpr std::string_view field = "data:";
  std::string_view rest = body_;
  for (auto end = rest.find('\n'); end != std::string_view::npos;
       end = rest.find('\n')) {
    auto line = rest.substr(0, end);
    if (line.starts_with(field))
      on_event_(line.substr(field.size()));
    rest.remove_prefix(end + 1);
  }
  body_.erase(0, body_.size() - rest.size());
}

} // namespace bridgekeeper::bench
