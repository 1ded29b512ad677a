#pragma once

#include "domain/time_point.hpp"
#include "store/dispatches/completion.hpp"
#include "store/dispatches/operations.hpp"

#include <chrono>
#include <cstddef>
#include <vector>

namespace bridgekeeper::store {

/// What the writer keeps while the store cannot write. New work is refused, so
/// that its senders can go elsewhere; what follows from accepted work is parked
/// until the store has recovered. Writer thread.
class outage {
public:
  /// A batch whose fate is unknown is answered after this time, even though the
  /// final answer is still to come.
  static constexpr std::chrono::seconds answer_after{5};
  static constexpr std::chrono::seconds probe_interval{1};

  [[nodiscard]] bool is_over() const noexcept {
    return why_ == fault::none;
  }

  [[nodiscard]] fault why() const noexcept {
    return why_;
  }

  /// The connection must be closed and opened again before it writes.
  [[nodiscard]] bool needs_reopening() const noexcept {
    return needs_reopening_;
  }

  /// Starts the outage, or changes its reason.
  void begin(fault why, bool reopen) noexcept;

  /// The connection was opened again and writes.
  void reopened() noexcept {
    needs_reopening_ = false;
  }

  void end() noexcept;

  // -- operations -------------------------------------------------------------

  /// Parks operations behind those parked earlier. Returns the completions of
  /// the refused ones, and adds their threads to `threads`.
  [[nodiscard]] std::vector<completion>
  park(std::vector<operation> operations, std::vector<std::uint32_t>& threads);

  /// Parks operations before all others, with no exceptions.
  void park_first(std::vector<operation> operations);

  /// The commit of this batch has failed, but may have reached the disk.
  void set_unresolved(std::vector<operation> batch, time_point now);

  [[nodiscard]] bool has_unresolved() const noexcept {
    return !unresolved_.empty();
  }

  /// Once, when `answer_after` has passed: the refusable operations of the
  /// unresolved batch, which get a preliminary answer.
  [[nodiscard]] std::vector<completion>
  preliminary(time_point now, std::vector<std::uint32_t>& threads);

  /// The batch is on record: its operations.
  [[nodiscard]] std::vector<operation> take_unresolved();

  /// The batch is not on record. Its operations are parked first, except those
  /// that already had a preliminary answer, which are refused.
  [[nodiscard]] std::vector<completion>
  retry_unresolved(std::vector<std::uint32_t>& threads);

  [[nodiscard]] std::vector<operation> take_parked(std::size_t most);

  /// The writer ends: the answers to everything that is left.
  [[nodiscard]] std::vector<completion>
  give_up(std::vector<std::uint32_t>& threads);

  [[nodiscard]] bool has_parked() const noexcept {
    return !parked_.empty();
  }

  [[nodiscard]] std::size_t parked_bytes() const noexcept {
    return bytes_;
  }

  // -- probes -----------------------------------------------------------------

  /// When the writer must look after the outage again.
  [[nodiscard]] time_point next_probe() const noexcept {
    return next_probe_;
  }

  void probe_at(time_point x) noexcept {
    next_probe_ = x;
  }

private:
  [[nodiscard]] completion refusal_of(const operation& x,
                                      outcome what) const noexcept;

  fault why_ = fault::none;
  bool needs_reopening_ = false;
  std::vector<operation> parked_;
  std::size_t bytes_ = 0;
  std::vector<operation> unresolved_;
  time_point unresolved_since_{};
  bool has_answered_ = false;
  time_point next_probe_{};
};

} // namespace bridgekeeper::store
