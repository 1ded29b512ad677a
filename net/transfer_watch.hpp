#pragma once

#include "domain/limits.hpp"
#include "net/deadline_queue.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>

namespace bridgekeeper::net {

/// What a peer must do to count as alive in the middle of a transfer.
struct transfer_pace {
  /// A peer that moves nothing for this long has stalled.
  std::chrono::milliseconds stall_timeout{30'000};
  /// Bytes a second that the peer must keep up with, on average over
  /// `stall_timeout`; 0: any byte will do.
  std::size_t min_rate = kibibyte;

  /// What must be moved within `time`; at least one byte.
  [[nodiscard]] std::size_t least(std::chrono::milliseconds time) const;
};

/// Notices that a transfer stalls: an answer that nobody takes, a message that
/// does not go on. A transfer may last as long as it likes while at least so
/// many bytes are moved in every `limit`; one that falls short is reported
/// between `limit` and one and a half times `limit` after its last progress.
/// Looks four times in each `limit`, so it costs nothing where bytes are moved.
/// One I/O thread, like every deadline.
class transfer_watch {
public:
  /// `moved` says how many bytes were moved in all, or nothing when nothing is
  /// left to move. `on_stall` may destroy the watch.
  transfer_watch(deadline_queue& queue,
                 std::function<std::optional<std::size_t>()> moved,
                 std::function<void()> on_stall);

  /// Watches until `rest`, a stall, or until nothing is left to move. No effect
  /// while it watches already.
  void begin(duration limit, std::size_t least);

  void rest();

private:
  static constexpr std::size_t looks = 4;

  void look();

  std::function<std::optional<std::size_t>()> moved_;
  std::function<void()> on_stall_;
  deadline deadline_;
  duration limit_{};
  std::size_t least_ = 1;
  std::size_t looked_ = 0;
  /// What was moved at the last looks; a ring.
  std::array<std::size_t, looks> moved_at_{};
};

} // namespace bridgekeeper::net
