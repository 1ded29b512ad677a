#pragma once

#include "domain/limits.hpp"
#include "net/deadline_queue.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>

namespace bridgekeeper::net {

/// The progress that a peer must make during a transfer.
struct transfer_pace {
  /// A peer that transfers nothing for this long has stalled.
  std::chrono::milliseconds stall_timeout{30'000};
  /// The minimum rate in bytes per second, averaged over `stall_timeout`; 0: a
  /// single byte is enough.
  std::size_t min_rate = kibibyte;

  /// The minimum number of bytes to transfer within `time`; at least one.
  [[nodiscard]] std::size_t least(std::chrono::milliseconds time) const;
};

/// Detects stalled transfers, such as a response that the peer does not read or
/// a message that is never completed. A transfer may last as long as it likes
/// while at least `least` bytes are moved in every `limit`. Otherwise it is
/// reported between `limit` and one and a half times `limit` after its last
/// progress. Checks four times per `limit` and adds no cost per byte. Lives on
/// one I/O thread, like every deadline.
class transfer_watch {
public:
  /// `moved` returns the number of bytes moved so far, or nothing when the
  /// transfer is complete. `on_stall` may destroy the watch.
  transfer_watch(deadline_queue& queue,
                 std::function<std::optional<std::size_t>()> moved,
                 std::function<void()> on_stall);

  /// Watches until `rest` is called, the transfer stalls, or it is complete. No
  /// effect while already watching.
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
  /// The byte counts at the last checks; a ring buffer.
  std::array<std::size_t, looks> moved_at_{};
};

} // namespace bridgekeeper::net
