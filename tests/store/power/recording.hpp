#pragma once

#include "store/dispatches/operations.hpp"
#include "store/power/disk_journal.hpp"
#include "store/power/plan.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace bridgekeeper::test {

struct recording_options {
  /// Chooses the plan.
  std::uint64_t seed = 1;
  store::durability level = store::durability::full;
  /// A defect of the store: see `store::is_mutated`.
  std::string mutation = {};
  /// The kernel has the same boot id before and after the power failure.
  bool is_same_boot = false;
};

struct recording {
  plan intended;
  std::vector<disk_call> calls;
};

/// Runs a plan, one process for each of its lives, and returns what they did to
/// their directory. Throws if one of them fails.
[[nodiscard]] recording record(const recording_options& options);

/// The recorded process: the program was started as `NAME record …` by
/// `record`. Returns its exit status.
[[nodiscard]] int run_recorded(int argc, char** argv);

/// What the process was told, and when: a call of the kind `marked`.
struct told {
  enum class kind {
    /// An event was published.
    event,
    /// All operations of the batch were answered.
    batch,
    /// A backup is complete.
    backup,
  };

  kind what{};
  /// The events or the answers belong to the batch with this index.
  std::size_t batch = 0;
  std::uint64_t event = 0;
  std::int64_t dispatch = 0;

  [[nodiscard]] std::string text() const;
  [[nodiscard]] static told parse(const std::string& text);
};

/// The name of the backup in the recorded directory.
inline constexpr const char* backup_file = "backup";

} // namespace bridgekeeper::test
