#pragma once

#include "domain/result.hpp"

#include <cstddef>
#include <string>

namespace bridgekeeper::app {

/// The directories in which the tasks of a bridge run: one for all, or with
/// `{slot}` in the name one for each slot. Plain data.
class workplace {
public:
  /// The current directory.
  workplace() = default;

  /// `pattern` must be absolute.
  explicit workplace(std::string pattern) : pattern_(std::move(pattern)) {}

  /// The directory of the slot, counted from 1; empty for the current one.
  [[nodiscard]] std::string of_slot(std::size_t slot) const;

  /// What the bridge announces as its `workdir`.
  [[nodiscard]] const std::string& pattern() const noexcept {
    return pattern_;
  }

private:
  std::string pattern_;
};

/// Checks that the directories of slots 1 to `slots` exist. An empty `pattern`
/// is the current directory. The failure names the directory that does not
/// exist or cannot be entered.
[[nodiscard]] result<workplace> find_workplace(const std::string& pattern,
                                               std::size_t slots);

} // namespace bridgekeeper::app
