#include "actors/fake_http.hpp"

#include "api/answer_parts.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace bridgekeeper::test {

using api::whole_text;

std::string_view fake_request::method() const {
  return verb;
}

std::string_view fake_request::target() const {
  return path;
}

std::string_view fake_request::body() const {
  return text;
}

std::string_view fake_request::header(std::string_view name) const {
  auto pos = headers.find(name);
  return pos != headers.end() ? std::string_view{pos->second}
                              : std::string_view{};
}

std::size_t fake_request::header_count(std::string_view name) const {
  return headers.contains(name) ? 1 : 0;
}

std::string fake_request::header_list(std::string_view name) const {
  return std::string{header(name)};
}

bool fake_request::is_websocket_upgrade() const {
  return upgrade;
}

const std::string& fake_request::peer_ip() const {
  return ip;
}

void fake_http::peer_asks(fake_request request) {
  if (request_ || streaming)
    throw std::logic_error("the last request has no answer yet");
  if (!owner_)
    throw std::logic_error("nobody listens");
  request_ = std::make_unique<fake_request>(std::move(request));
  owner_->on_request(*request_);
  settle();
}

bool fake_http::wants_body(const fake_request& request) {
  return owner_->wants_body(request);
}

void fake_http::reader_catches_up() {
  full = false;
  if (std::exchange(refused_, false) && owner_)
    owner_->on_writable();
  settle();
}

void fake_http::peer_leaves() {
  end({errc::peer_closed, {}});
}

void fake_http::end(const net::session_end& end) {
  waiting_parts_ = nullptr;
  if (auto owner = std::move(owner_))
    owner->on_end(end);
  settle();
}

bool fake_http::settle() {
  return std::exchange(deferred_owner_, nullptr) != nullptr;
}

void fake_http::start(std::unique_ptr<net::http_owner> owner) {
  owner_ = std::move(owner);
}

void fake_http::repeat_request() {
  // As the real one drops it.
  if (request_ && !std::exchange(is_kept_, false))
    request_->text.clear();
  if (request_ && owner_)
    owner_->on_request(*request_);
}

void fake_http::respond(net::http_response response) {
  if (!request_ || streaming)
    ++stray_answers;
  request_.reset();
  answers.push_back(std::move(response));
}

void fake_http::begin_stream(net::http_response response) {
  if (!request_ || streaming)
    ++stray_answers;
  request_.reset();
  streaming = true;
  answers.push_back(std::move(response));
}

void fake_http::respond_in_parts(net::http_response response,
                                 net::part_source next) {
  respond(std::move(response));
  waiting_parts_ = std::move(next);
  parts = largest_part = 0;
  if (!parts_wait)
    reader_takes_parts();
}

void fake_http::reader_takes_parts() {
  parts_wait = false;
  while (auto part = waiting_parts_()) {
    ++parts;
    largest_part = std::max(largest_part, part->size());
    answers.back().body += whole_text(*part);
  }
  waiting_parts_ = nullptr;
}

void fake_http::end_stream() {
  if (!streaming || is_stream_over)
    ++stray_answers;
  is_stream_over = true;
}

void fake_http::note_backlog(std::size_t bytes) {
  backlog = bytes;
}

bool fake_http::write_stream(net::stream_text text) {
  if (is_stream_over)
    return true;
  if (full) {
    refused_ = true;
    return false;
  }
  stream += whole_text(text);
  if (room_for && --*room_for == 0)
    full = true;
  return true;
}

std::shared_ptr<net::websocket_session>
fake_http::upgrade(const net::websocket_options& options) {
  request_.reset();
  deferred_owner_ = std::move(owner_);
  websocket = std::make_shared<fake_websocket>(clock_);
  websocket->max_frame = options.max_frame;
  websocket_options = options;
  return websocket;
}

void fake_http::abandon() {
  if (owner_)
    deferred_owner_ = std::move(owner_);
  abandoned = true;
}

} // namespace bridgekeeper::test
