#include "api/event_stream_text.hpp"

#include "api/event_feed.hpp"
#include "protocol/json_writer.hpp"

#include <utility>

namespace bridgekeeper::api {

net::http_response event_stream_answer() {
  net::http_response out;
  out.content_type = "text/event-stream; charset=utf-8";
  out.has_length = false;
  out.headers.emplace_back("x-accel-buffering", "no");
  return out;
}

std::string event_retry_text() {
  return "retry: 3000\n\n";
}

net::stream_text event_stream_text(std::string_view name,
                                   std::string_view epoch,
                                   std::uint64_t sequence,
                                   shared_text_ptr event) {
  auto before = "id: " + event_place{std::string{epoch}, sequence}.text();
  before += "\nevent: ";
  before += name;
  before += "\ndata: ";
  return {std::move(before), std::move(event), "\n\n"};
}

std::string placeless_event_text(std::string_view name,
                                 std::string_view event) {
  std::string out{"event: "};
  out.append(name).append("\ndata: ").append(event).append("\n\n");
  return out;
}

std::string event_stream_end_text(const failure& why) {
  return "event: end\ndata: "
         + protocol::json_writer{}
               .string("code", token(why.code))
               .string("detail", to_string(why))
               .finish()
         + "\n\n";
}

std::string event_gap_text() {
  return "event: gap\ndata: {}\n\n";
}

} // namespace bridgekeeper::api
