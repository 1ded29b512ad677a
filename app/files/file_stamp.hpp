#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>

namespace bridgekeeper::app {

/// The size, change time (ctime) and inode of a file. Any edit changes at least
/// one of them, and so does a change of owner or mode.
using file_stamp = std::tuple<std::int64_t, std::int64_t, std::uint64_t>;

/// Returns the stamp of the file at `path`, following links; nothing if there
/// is no file.
[[nodiscard]] std::optional<file_stamp> stamp_of(const std::string& path);

} // namespace bridgekeeper::app
