#pragma once

#include "domain/result.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper::app {

/// The context that is used if none is named.
inline constexpr const char* default_context = "default";

/// How to reach one daemon from any directory, as saved by
/// `bridgekeeper login`.
struct saved_context {
  std::string url;
  std::string token;
  /// How to verify the daemon's certificate if the daemon uses TLS; see
  /// `client_options`.
  std::string ca = {};
  std::string tls_fingerprint = {};
};

/// Whether `name` is a valid context name: 1 to 64 letters, digits, `-`, `_`
/// and `.`, not beginning with `.`. The name becomes part of a file name.
[[nodiscard]] bool is_context_name(std::string_view name) noexcept;

/// `$XDG_CONFIG_HOME/bridgekeeper/contexts/NAME.json`, by default below
/// `~/.config` (XDG Base Directory 0.8). Empty if neither XDG_CONFIG_HOME nor
/// HOME is set.
[[nodiscard]] std::filesystem::path context_path(std::string_view name);

/// Reads the context with this name; nothing if there is none. Fails with
/// advice if the file cannot be read or does not contain a context.
[[nodiscard]] result<std::optional<saved_context>>
load_context(std::string_view name);

/// Saves the context, readable by this user only (file 0600, directories 0700).
/// The write is atomic. Returns the path of the file, or why it could not be
/// written.
[[nodiscard]] result<std::filesystem::path>
save_context(std::string_view name, const saved_context& x);

/// Removes the context with this name and returns the path of the removed file.
/// Fails with advice if there is no such context, and with `internal` if the
/// file cannot be removed.
[[nodiscard]] result<std::filesystem::path>
remove_context(std::string_view name);

/// The names of all saved contexts, sorted.
[[nodiscard]] std::vector<std::string> saved_context_names();

} // namespace bridgekeeper::app
