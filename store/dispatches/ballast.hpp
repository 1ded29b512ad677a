#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace bridgekeeper::store {

/// A file beside the store that only takes up room. When the disk is full, it
/// is deleted, so that the ends of accepted dispatches can still be stored.
/// Writer thread; blocks.
class ballast {
public:
  ballast(std::string path, std::uint64_t bytes)
    : path_(std::move(path)), bytes_(bytes) {}

  /// Creates the file if it is missing. Returns false if the disk has no room
  /// for it.
  [[nodiscard]] bool restore() const noexcept;

  /// Deletes the file.
  void drop() const noexcept;

private:
  std::string path_;
  std::uint64_t bytes_;
};

} // namespace bridgekeeper::store
