#pragma once

#include "actors/payloads.hpp"
#include "api/stream_backlog.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace bridgekeeper::api {

/// One reader's position in a stream. The reader gets the history, then live
/// events, each once and in order, as fast as it reads. If it falls behind,
/// events wait for it, and progress reports are dropped first. If it falls so
/// far behind that other events do not fit either, the waiting events are kept,
/// and later ones come from the history once the waiting events have been read;
/// only events that the history has forgotten by then are lost. The reader is
/// told where events are missing. Pure bookkeeping.
class event_feed {
public:
  /// `limit` is the maximum number of live events waiting for the reader; if it
  /// is 0, none wait, and events that the reader cannot take come from the
  /// history later. Waiting events are counted in `ledger`, unless it is null.
  event_feed(stream_name which, std::size_t limit,
             std::shared_ptr<net::output_ledger> ledger = {})
    : which_(std::move(which)), lets_wait_(limit > 0), past_(ledger),
      backlog_(lets_wait_ ? limit : 1, ledger) {}

  /// Maximum size of one batch of history; the next one is requested when the
  /// reader has read it.
  static constexpr std::size_t history_page = 1024 * 1024;

  [[nodiscard]] const stream_name& which() const noexcept {
    return which_;
  }

  /// The reader has seen all events up to this one, or does not want them. Call
  /// this before the first history is requested.
  void resume_after(std::uint64_t sequence) noexcept {
    written_ = sequence;
  }

  /// The reader's position is unknown, so it may have missed events.
  void note_gap() noexcept {
    gap_ = true;
  }

  /// Whether to request history after `position()` now.
  [[nodiscard]] bool needs_history() const noexcept {
    return state_ == state_type::behind && past_.empty() && backlog_.empty();
  }

  /// History was requested.
  void history_is_coming() noexcept {
    state_ = state_type::waiting;
  }

  /// There is a new hub, which does not know this reader.
  void on_new_hub() noexcept {
    leave_to_history_later();
  }

  /// The history could not be read, and must be requested again.
  void on_no_history() noexcept {
    leave_to_history_later();
  }

  void on_history(past_events past);

  void on_event(const event_ptr& x);

  /// Memory used by the events waiting for the reader.
  [[nodiscard]] std::size_t waiting_bytes() const noexcept {
    return past_.bytes() + backlog_.bytes();
  }

  /// The sequence number of the newest event that the reader was given.
  [[nodiscard]] std::uint64_t written() const noexcept {
    return written_;
  }

  /// The sequence number after which to request history.
  [[nodiscard]] std::uint64_t position() const noexcept {
    return std::max(written_, read_to_);
  }

  /// Whether the reader was given everything, and nothing follows: the stream
  /// is that of a dispatch, which has ended.
  [[nodiscard]] bool is_finished() const noexcept {
    return ends_ && !gap_ && !backlog_.has_gap() && past_.empty()
           && backlog_.empty();
  }

  /// Passes the queued events to `write(event)`, in order, and calls
  /// `write_gap()` where events are missing, until one of them returns false
  /// because there is no room.
  template <class Write, class WriteGap>
  void flush(Write write, WriteGap write_gap) {
    write_waiting(write, write_gap);
    if (!lets_wait_ && !(past_.empty() && backlog_.empty()))
      leave_to_history();
  }

private:
  enum class state_type : std::uint8_t {
    /// Live events are ignored until the queued ones have been read and the
    /// history requested after that has arrived.
    behind,
    waiting,
    live,
  };

  template <class Write, class WriteGap>
  void write_waiting(Write& write, WriteGap& write_gap) {
    if (gap_ && !tell_gap(write_gap))
      return;
    gap_ = false;
    for (; !past_.empty(); past_.pop())
      if (!give(*past_.front(), write))
        return;
    if (backlog_.has_gap() && !tell_gap(write_gap))
      return;
    backlog_.forget_gap();
    for (; !backlog_.empty(); backlog_.pop())
      if (!give(*backlog_.front(), write))
        return;
  }

  void leave_to_history();

  void leave_to_history_later() noexcept {
    if (!ends_)
      state_ = state_type::behind;
  }

  template <class Write>
  [[nodiscard]] bool give(const event& x, Write& write) {
    if (!write(x))
      return false;
    written_ = x.sequence;
    gap_told_ = false;
    return true;
  }

  template <class WriteGap>
  [[nodiscard]] bool tell_gap(WriteGap& write_gap) {
    gap_told_ = gap_told_ || write_gap();
    return gap_told_;
  }

  stream_name which_;
  bool lets_wait_;
  state_type state_ = state_type::behind;
  bool gap_ = false;
  /// The last thing the reader got was a gap, so a second one would say nothing
  /// new.
  bool gap_told_ = false;
  std::uint64_t written_ = 0;
  /// The history has no other events up to this number; see `past_events`.
  std::uint64_t read_to_ = 0;
  /// Nothing follows what is queued.
  bool ends_ = false;
  /// The sequence number of the newest queued event.
  std::uint64_t newest_ = 0;
  waiting_events past_;
  stream_backlog backlog_;
};

/// An event's position in a stream, which server-sent events carry as their
/// `id:`. Sequence numbers start again with each daemon, so the text identifies
/// the daemon as well.
struct event_place {
  /// Identifies the daemon; generated when it starts.
  std::string epoch;
  std::uint64_t sequence = 0;

  [[nodiscard]] std::string text() const;

  /// Parses such a text; the epoch is empty if the text is invalid.
  [[nodiscard]] static event_place parse(std::string_view text);
};

} // namespace bridgekeeper::api
