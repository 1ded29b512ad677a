#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>

namespace bridgekeeper::app {

/// Size, time of change and inode: an edit changes at least one, and so does a
/// change of owner or mode.
using file_stamp = std::tuple<std::int64_t, std::int64_t, std::uint64_t>;

/// The stamp of the file, whatever links lead to it, or nothing where there is
/// none.
[[nodiscard]] std::optional<file_stamp> stamp_of(const std::string& path);

} // namespace bridgekeeper::app
