#pragma once

#include "net/output_ledger.hpp"
#include "net/stream_text.hpp"

#include <cstddef>
#include <list>
#include <memory>
#include <utility>

namespace bridgekeeper::net {

/// The frames waiting to be written to one peer, and those being written.
/// Counts the bytes of both; its user enforces the bounds. Large texts that are
/// shared with other peers are counted once for all of them. Lives on its
/// session's thread.
class frame_queue {
public:
  frame_queue() = default;

  ~frame_queue() {
    drop_waiting();
    stop_counting();
  }

  frame_queue(const frame_queue&) = delete;
  frame_queue& operator=(const frame_queue&) = delete;

  /// Counts shared texts in `ledger`; null: they are not counted.
  void count_in(std::shared_ptr<output_ledger> ledger) {
    ledger_ = std::move(ledger);
  }

  void push(stream_text frame) {
    bytes_ += frame.size();
    if (frame.body && frame.body->text.size() < worth_sharing)
      frame = std::move(frame.head) + frame.body->text + frame.tail;
    if (frame.body)
      add_shared(*frame.body);
    waiting_.push_back(std::move(frame));
  }

  struct batch {
    std::size_t bytes = 0;
    std::size_t frames = 0;
    std::size_t shared_texts = 0;
  };

  /// Hands waiting frames to `write` until they add up to `limit` bytes or
  /// more; frames are no longer needed when `write` returns. If it returns
  /// false, nothing can be written any more and all waiting frames are dropped.
  /// The frames handed over are in flight until the batch is settled.
  template <class Write>
  batch start(std::size_t limit, Write write) {
    batch out;
    while (!waiting_.empty() && out.bytes < limit) {
      auto& frame = waiting_.front();
      if (!write(std::as_const(frame))) {
        drop_waiting();
        break;
      }
      auto size = frame.size();
      out.bytes += size;
      ++out.frames;
      bytes_under_way_ += size;
      ++frames_under_way_;
      if (frame.body) {
        ++out.shared_texts;
        shared_under_way_.push_back(std::move(frame.body));
      }
      waiting_.pop_front();
    }
    return out;
  }

  /// The batch was written or never will be. Batches must be settled in order.
  void settle(const batch& x) noexcept {
    bytes_ -= x.bytes;
    bytes_under_way_ -= x.bytes;
    frames_under_way_ -= x.frames;
    for (auto n = x.shared_texts; n > 0 && !shared_under_way_.empty(); --n) {
      remove_shared(*shared_under_way_.front());
      shared_under_way_.pop_front();
    }
  }

  void drop_waiting() noexcept {
    for (const auto& x : waiting_)
      if (x.body)
        remove_shared(*x.body);
    waiting_.clear();
    bytes_ = bytes_under_way_;
  }

  /// Stops counting the shared texts in flight.
  void stop_counting() noexcept {
    for (const auto& x : shared_under_way_)
      remove_shared(*x);
    shared_under_way_.clear();
  }

  [[nodiscard]] bool is_under_way() const noexcept {
    return frames_under_way_ > 0;
  }

  [[nodiscard]] std::size_t bytes() const noexcept {
    return bytes_;
  }

  /// The number of bytes that are also held for other peers.
  [[nodiscard]] std::size_t shared() const noexcept {
    return shared_;
  }

  [[nodiscard]] std::size_t frames() const noexcept {
    return waiting_.size() + frames_under_way_;
  }

private:
  void add_shared(const shared_text& x) {
    shared_ += x.text.size();
    if (x.readers.enter() && ledger_)
      ledger_->add_shared(x.text.size());
  }

  void remove_shared(const shared_text& x) noexcept {
    shared_ -= x.text.size();
    if (x.readers.leave() && ledger_)
      ledger_->remove_shared(x.text.size());
  }

  std::shared_ptr<output_ledger> ledger_;
  std::list<stream_text> waiting_;
  std::list<shared_text_ptr> shared_under_way_;
  std::size_t bytes_ = 0;
  std::size_t bytes_under_way_ = 0;
  std::size_t frames_under_way_ = 0;
  std::size_t shared_ = 0;
};

} // namespace bridgekeeper::net
