#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>

namespace bridgekeeper::app {

/// Size, modification time and inode: an edit changes at least one.
using file_stamp = std::tuple<std::int64_t, std::int64_t, std::uint64_t>;

/// The stamp of the file, whatever links lead to it, or nothing where there is
/// none.
[[nodiscard]] std::optional<file_stamp> stamp_of(const std::string& path);

} // namespace bridgekeeper::app
