#pragma once

#include <chrono>
#include <string_view>

namespace bridgekeeper::store {

/// Whether this build has crash points and mutations (the CMake option
/// BRIDGEKEEPER_CRASH_POINTS). Never in what is deployed.
#ifdef BRIDGEKEEPER_CRASH_POINTS
inline constexpr bool has_crash_points = true;
#else
inline constexpr bool has_crash_points = false;
#endif

namespace detail {

inline constexpr std::chrono::milliseconds time_to_leave{3};

void visit_crash_point(std::string_view name,
                       std::chrono::milliseconds delay = {}) noexcept;

[[nodiscard]] bool has_mutation(std::string_view name) noexcept;

} // namespace detail

/// Ends the process as `kill -9` does, if BRIDGEKEEPER_CRASH_AT names this
/// point: `NAME`, or `NAME:3` for the third visit. Points of the store:
/// `before_commit`, `after_commit`, `adoption` (not committed yet),
/// `checkpoint`, `checkpointed_page` (a page is read back from the WAL, which
/// checkpoints do), `migration`. Any thread.
inline void crash_point([[maybe_unused]] std::string_view name) noexcept {
  if constexpr (has_crash_points)
    detail::visit_crash_point(name);
}

/// The same, but ends the process a moment later: what was handed to a socket
/// before this point has left by then, because frames that go out together wait
/// for each other for 1 ms at most.
inline void crash_after([[maybe_unused]] std::string_view name) noexcept {
  if constexpr (has_crash_points)
    detail::visit_crash_point(name, detail::time_to_leave);
}

/// Whether BRIDGEKEEPER_MUTATION names this defect, which the crash test must
/// then detect. Defects of the store: `no_guard` (updates apply in any state
/// and to any attempt), `answer_first` (completions leave before the commit),
/// `settle_first` (costs count even if the update changed nothing), `no_sync`
/// (commits do not wait for the disk, which only a power failure shows). Of
/// agents: `send_first` (frames leave before the commit), `ack_first` (so do
/// acknowledgements), `resend_first` (so do frames that are sent again),
/// `no_instance_check` (a bridge gets the unfinished work of its earlier
/// process).
[[nodiscard]] inline bool
is_mutated([[maybe_unused]] std::string_view name) noexcept {
  if constexpr (has_crash_points)
    return detail::has_mutation(name);
  else
    return false;
}

} // namespace bridgekeeper::store
