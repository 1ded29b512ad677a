#pragma once

#include "store/power/recorded_disk.hpp"
#include "store/power/recording.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace bridgekeeper::test {

/// What a power failure has done to the store.
struct loss {
  /// Batches that were acknowledged and are not on record: always the newest.
  std::size_t batches = 0;
  /// What is wrong besides; one sentence each.
  std::vector<std::string> violations;
};

/// What a power failure leaves, and what the process had told until then.
struct failed_disk {
  disk_image files;
  std::vector<told> known;
};

/// Lets the power fail at a moment of the recording. The seed chooses both the
/// moment and what is left.
[[nodiscard]] failed_disk fail_power(const recording& from, std::uint64_t seed);

/// Starts the store on what is left, compares it with what was told, and uses
/// it again.
[[nodiscard]] loss find_loss(const failed_disk& left, const plan& intended);

} // namespace bridgekeeper::test
