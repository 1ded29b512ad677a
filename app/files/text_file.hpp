#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// Reads a whole file, following links. Returns nothing and sets `errno` if the
/// file cannot be read. Any thread; blocks.
[[nodiscard]] std::optional<std::string>
read_text_file(const std::filesystem::path& path);

/// Reads a file that other users must not have written. Fails with `EPERM` if
/// the file is not a regular file of this process's user or of root, or if all
/// users can write it, and with `ELOOP` if it is a link.
[[nodiscard]] std::optional<std::string>
read_private_file(const std::filesystem::path& path);

/// Who may read a file that `replace_file` writes.
enum class file_readers {
  /// Only the owner, which is this process's user.
  owner,
  /// The same users as before: the file keeps its owner, and its group if the
  /// group could read it. A new file belongs to the owner of the directory.
  /// Only root can change the owner; for other users this is the same as
  /// `owner`.
  as_before,
};

/// Atomically writes a file that may contain secrets. The text is on the disk
/// when the call returns. The text is first written to a new file, `PATH.new`;
/// an existing file or link with that name, possibly created by another user,
/// is removed and never opened. The new file then replaces `path` (if `path` is
/// a link, the link itself). On failure, returns false, sets `errno` and leaves
/// `path` unchanged. Any thread; blocks.
[[nodiscard]] bool replace_file(const std::filesystem::path& path,
                                std::string_view text, file_readers readers);

/// Without this call, a power failure could undo that a file or a directory was
/// created at `path`, renamed or removed. Errors are ignored, because not all
/// file systems support it. Any thread; blocks.
void sync_parent(const std::filesystem::path& path) noexcept;

} // namespace bridgekeeper::app
