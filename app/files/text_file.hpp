#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// The whole text of a file, whatever links lead to it; nothing, and `errno`
/// set, where it cannot be read. Any thread; blocks.
[[nodiscard]] std::optional<std::string>
read_text_file(const std::filesystem::path& path);

/// The same of a file that nobody else may have written: fails with `EPERM`
/// where it is no plain file of this process's user or of root, or where every
/// user can write it, and with `ELOOP` where it is a link.
[[nodiscard]] std::optional<std::string>
read_private_file(const std::filesystem::path& path);

/// Who may read a file that `replace_file` writes.
enum class file_readers {
  /// Its owner, who is this process's user.
  owner,
  /// Those who could read the file that is replaced: it keeps its owner, and
  /// its group where the group could read it. A new one belongs to the owner of
  /// the directory. Only root can give a file away; for other users this is
  /// the same as `owner`.
  as_before,
};

/// Writes a file that holds secrets: whole or not at all, and on the disk when
/// the call returns. The text goes to `PATH.new`, which is made for this and
/// never opened if it exists: a file or a link that somebody else put there is
/// removed, not written to. Then it takes the place of `path`; where `path` is
/// a link, of the link. False, and `errno` set, where that fails; `path` is as
/// it was then. Any thread; blocks.
[[nodiscard]] bool replace_file(const std::filesystem::path& path,
                                std::string_view text, file_readers readers);

} // namespace bridgekeeper::app
