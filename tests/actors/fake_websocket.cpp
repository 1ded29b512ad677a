#include "actors/fake_websocket.hpp"

#include <stdexcept>
#include <utility>

namespace bridgekeeper::test {

fake_websocket::fake_websocket(const net::deadline_queue& clock)
  : clock_(clock), last_inbound_(clock.now()) {}

std::vector<std::string> fake_websocket::take_sent() {
  auto first = sent.begin() + static_cast<std::ptrdiff_t>(taken_);
  taken_ = sent.size();
  return {first, sent.end()};
}

void fake_websocket::peer_sends(std::string text, bool binary) {
  inbound_.emplace_back(std::move(text), binary);
  read();
}

void fake_websocket::peer_shows_life() {
  last_inbound_ = clock_.now();
}

void fake_websocket::end(errc reason, std::string detail, unsigned close_code) {
  if (auto owner = std::move(owner_))
    owner->on_end({reason, std::move(detail), close_code});
  deferred_owner_.reset();
}

bool fake_websocket::read() {
  auto any = false;
  while (!inbound_.empty() && !paused && owner_ && !closed) {
    auto [text, binary] = std::move(inbound_.front());
    inbound_.pop_front();
    last_inbound_ = clock_.now();
    owner_->on_frame(text, binary);
    any = true;
  }
  deferred_owner_.reset();
  return any;
}

void fake_websocket::start(std::unique_ptr<net::websocket_owner> owner) {
  owner_ = std::move(owner);
}

bool fake_websocket::is_open() const {
  return !closed;
}

void fake_websocket::send(net::stream_text text) {
  if (broken || (failing_sends > 0 && failing_sends-- > 0))
    throw std::runtime_error("this socket is broken");
  if (closed)
    return;
  if (peer_waits && text.body)
    waiting.push_back(text.body);
  sent.push_back(std::move(text.head) + (text.body ? text.body->text : "")
                 + text.tail);
}

bool fake_websocket::is_full() const {
  return full;
}

void fake_websocket::peer_reads() {
  waiting.clear();
  if (std::exchange(full, false) && owner_)
    owner_->on_room();
  deferred_owner_.reset();
}

void fake_websocket::close(const protocol::close_reason& reason, errc cause) {
  if (closed)
    return;
  closed = reason;
  why = cause;
}

void fake_websocket::abandon(const protocol::close_reason& reason, errc cause) {
  if (owner_)
    deferred_owner_ = std::move(owner_);
  close(reason, cause);
  if (broken_end)
    throw std::runtime_error("this socket cannot even be closed");
}

void fake_websocket::pause_reading() {
  paused = true;
  ++times_paused;
}

void fake_websocket::resume_reading() {
  paused = false;
}

time_point fake_websocket::last_inbound() const {
  return last_inbound_;
}

std::size_t fake_websocket::queued_bytes() const {
  return queued.first;
}

std::size_t fake_websocket::queued_frames() const {
  return queued.second;
}

} // namespace bridgekeeper::test
