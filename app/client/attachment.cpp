#include "app/client/attachment.hpp"

#include "app/client/daemon_call.hpp"
#include "app/client/record_request.hpp"
#include "app/text/utf8_text.hpp"
#include "protocol/json_document.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <iostream>
#include <utility>

namespace bridgekeeper::app {

namespace {

/// Daemons send a comment every 15 s.
constexpr auto longest_silence = std::chrono::seconds{60};

/// The dispatch that an event is about.
std::string dispatch_of(const std::string& event) {
  auto parsed = protocol::parse_json_document(event, max_wrapped_json_depth);
  if (!parsed.is_object())
    return {};
  auto metadata = parsed.find("metadata");
  return metadata != parsed.end() && metadata->is_object()
             ? protocol::text_member(*metadata, "message_id")
             : std::string{};
}

std::string way_on(const std::string& id) {
  return "The dispatch may continue. Follow it again with: bridgekeeper "
         "attach "
         + printable(id);
}

/// What the daemon at `server` says instead of a stream.
missing_record read_refusal(const net::http_stream_end& end,
                            const std::string& server, const std::string& id) {
  auto loss = explain_loss({end.status, end.text, end.untrusted}, server);
  daemon_reply reply{end.status, end.text, std::move(loss)};
  // An older daemon does not know the path.
  if (reply.status == 404
      && error_detail(reply.body) == sentence(errc::unknown_route))
    return {
        exit_code::failure,
        describe_refusal(reply, server, "GET " + record_path(id) + "/events")};
  auto found = read_record(reply, server, id, "record of");
  if (auto why = std::get_if<missing_record>(&found))
    return std::move(*why);
  return {exit_code::failure,
          "The daemon at " + server + " sent a record instead of events."};
}

} // namespace

attachment::attachment(server_access access, std::string id, bool as_json)
  : access_(std::move(access)), id_(std::move(id)), as_json_(as_json) {}

exit_code attachment::run() {
  note_.emplace(context_, [this] { return come_back_note(id_); });
  connect();
  context_.run();
  note_.reset();
  return code_ ? *code_ : report();
}

void attachment::connect() {
  auto target = record_path(id_) + "/events";
  if (!reader_.last_id().empty())
    target += "?last_event_id=" + percent_encoded(reader_.last_id());
  auto call = make_daemon_call(access_, target);
  call.max_response_bytes = std::size_t{1024} * 1024;
  call.response_timeout = longest_silence;
  reader_.restart();
  stream_ = std::make_unique<net::http_stream>(
      context_, std::move(call),
      net::http_stream::handlers{
          [this](std::string_view bytes) {
            reconnection_.on_answer();
            reader_.add(bytes, [this](const stream_event& x) { on_event(x); });
          },
          [this](const net::http_stream_end& end) { on_end(end); }});
  stream_->start();
}

void attachment::on_event(const stream_event& x) {
  if (x.name == "gap") {
    std::cerr << "Some events are missing here.\n";
    return;
  }
  if (x.name == "end") {
    auto why = protocol::parse_json_document(x.data);
    if (!why.is_object())
      return;
    ended_by_daemon_ = protocol::text_member(why, "detail");
    ended_code_ = protocol::text_member(why, "code");
    return;
  }
  if (!is_attached_)
    if (auto id = dispatch_of(x.data); !id.empty()) {
      id_ = std::move(id);
      is_attached_ = true;
    }
  if (auto progress = find_progress({x.data}, id_))
    display_.on_progress(*progress);
}

void attachment::on_end(const net::http_stream_end& end) {
  auto server = to_string(access_.address.server);
  if (!ended_code_.empty()) {
    std::cerr << "Bridgekeeper at " << server
              << " has ended the stream: " << printable(ended_by_daemon_)
              << " (" << printable(ended_code_) << "). " << way_on(id_) << "\n";
    return finish(ended_code_ == token(errc::invalid_token)
                      ? exit_code::unauthenticated
                      : exit_code::failure);
  }
  if (end.status == 200 && end.is_complete) {
    // The record has the answer.
    note_->cancel();
    return;
  }
  if (end.status != 0 && end.is_complete) {
    auto why = read_refusal(end, server, id_);
    if (why.retry_helps)
      return on_loss(why.code, why.sentence);
    std::cerr << why.sentence << "\n";
    return finish(why.code);
  }
  net::websocket_end ended;
  ended.was_open = end.status == 200;
  ended.reason = end.text;
  ended.untrusted = end.untrusted;
  auto loss = explain(ended, server);
  on_loss(loss.code, loss.sentence);
}

void attachment::on_loss(exit_code code, const std::string& sentence) {
  std::cerr << sentence << "\n";
  auto wait = reconnection_.next();
  if (!wait) {
    if (reconnection_.was_answered())
      std::cerr << way_on(id_) << "\n";
    return finish(code);
  }
  retry_.expires_after(*wait);
  retry_.async_wait([this](auto error) {
    if (!error)
      connect();
  });
}

void attachment::finish(exit_code code) {
  code_ = code;
  note_->cancel();
}

exit_code attachment::report() const {
  auto found = find_record(access_, id_, "record of");
  if (auto record = std::get_if<record_answer>(&found))
    return report_record(*record, as_json_, display_);
  const auto& why = std::get<missing_record>(found);
  std::cerr << why.sentence << "\n";
  return why.code;
}

} // namespace bridgekeeper::app
