#pragma once

#include "actors/payloads.hpp"
#include "api/stream_backlog.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace bridgekeeper::api {

/// One reader's way through a stream: first the past, then what happens, each
/// event once and in order, as fast as the reader takes it. A reader who falls
/// behind loses progress reports first. Of one who falls so far behind that
/// other events do not fit, what waits is kept, and what follows comes from the
/// hub's history once that is read; it is lost only if history has forgotten it
/// by then. Where events are missing, the reader is told. Pure bookkeeping.
class event_feed {
public:
  /// `limit`: live events that may wait for the reader. What waits is counted
  /// in `ledger`, where there is one.
  event_feed(stream_name which, std::size_t limit,
             std::shared_ptr<net::output_ledger> ledger = {})
    : which_(std::move(which)), past_(ledger), backlog_(limit, ledger) {}

  /// Memory of the past that is asked for at once; the rest is asked for when
  /// that is read.
  static constexpr std::size_t history_page = 1024 * 1024;

  [[nodiscard]] const stream_name& which() const noexcept {
    return which_;
  }

  /// The reader has seen everything up to this event. Before the first history.
  void resume_after(std::uint64_t sequence) noexcept {
    written_ = sequence;
  }

  /// The reader's place is unknown: it may have missed something.
  void note_gap() noexcept {
    gap_ = true;
  }

  /// The reader wants nothing of what was before. Before the first history.
  void begin_with_present() noexcept {
    only_present_ = true;
  }

  /// Whether the history that is asked for should be an empty one.
  [[nodiscard]] bool wants_only_present() const noexcept {
    return only_present_;
  }

  /// Whether the hub is to be asked for history after `written()`, now.
  [[nodiscard]] bool needs_history() const noexcept {
    return state_ == state_type::behind && past_.empty() && backlog_.empty();
  }

  /// The hub was asked.
  void history_is_coming() noexcept {
    state_ = state_type::waiting;
  }

  /// There is a new hub, which knows nothing of this reader.
  void on_new_hub() noexcept {
    state_ = state_type::behind;
  }

  void on_history(past_events past);

  void on_event(const event_ptr& x);

  /// Memory that what waits for the reader holds on to.
  [[nodiscard]] std::size_t waiting_bytes() const noexcept {
    return past_.bytes() + backlog_.bytes();
  }

  /// The newest event the reader was given.
  [[nodiscard]] std::uint64_t written() const noexcept {
    return written_;
  }

  /// Hands on what is queued, in order: `write(event)`, and `write_gap()` where
  /// events are missing, until one of them returns false: no room.
  template <class Write, class WriteGap>
  void flush(Write write, WriteGap write_gap) {
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

private:
  enum class state_type : std::uint8_t {
    /// Live events are skipped until what is queued is read, history was asked
    /// for and came.
    behind,
    waiting,
    live,
  };

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
  state_type state_ = state_type::behind;
  bool gap_ = false;
  /// Until the first history has come.
  bool only_present_ = false;
  /// What the reader got last was word of a gap; a second says nothing new.
  bool gap_told_ = false;
  std::uint64_t written_ = 0;
  /// The newest event queued.
  std::uint64_t newest_ = 0;
  waiting_events past_;
  stream_backlog backlog_;
};

/// Which place in a stream an event has, as server-sent `id:` text, and back.
/// Numbers start anew with each daemon, so the text names the daemon as well.
struct event_place {
  /// The daemon's own, made when it starts.
  std::string epoch;
  std::uint64_t sequence = 0;

  [[nodiscard]] std::string text() const;

  /// Empty epoch for text that is no place.
  [[nodiscard]] static event_place parse(std::string_view text);
};

} // namespace bridgekeeper::api
