#pragma once

#include "domain/result.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper::app {

/// The context that is used where none is named.
inline constexpr const char* default_context = "default";

/// How one daemon is reached from anywhere: what `bridgekeeper login` keeps.
struct saved_context {
  std::string url;
  std::string token;
  /// How the daemon is known, where it speaks TLS; see `client_options`.
  std::string ca = {};
  std::string tls_fingerprint = {};
};

/// Whether a context may have this name: 1 to 64 letters, digits, `-`, `_` and
/// `.`, and no `.` at the beginning. It becomes a file's name.
[[nodiscard]] bool is_context_name(std::string_view name) noexcept;

/// `$XDG_CONFIG_HOME/bridgekeeper/contexts/NAME.json`, or below `~/.config`
/// (XDG Base Directory 0.8). Empty where neither variable is set.
[[nodiscard]] std::filesystem::path context_path(std::string_view name);

/// Reads the context of this name; nothing where there is none. Fails, with
/// what to do, where its file cannot be read or is not one of ours.
[[nodiscard]] result<std::optional<saved_context>>
load_context(std::string_view name);

/// Keeps the context, readable by this user only (0600, in folders that are
/// 0700), whole or not at all. Returns the file, or why it was not written.
[[nodiscard]] result<std::filesystem::path>
save_context(std::string_view name, const saved_context& x);

/// Removes the context of this name; others stay. Returns the file that was
/// removed. Fails, with what to do, where there is none, and with `internal`
/// where it cannot be removed.
[[nodiscard]] result<std::filesystem::path>
remove_context(std::string_view name);

/// The names of all saved contexts, sorted.
[[nodiscard]] std::vector<std::string> saved_context_names();

} // namespace bridgekeeper::app
