#pragma once

#include "actors/token_table.hpp"
#include "app/config/config.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <tuple>

namespace bridgekeeper::app {

/// Where the daemon's tokens come from: the environment, and the token file,
/// which is read again when it has changed. Main thread.
class token_source {
public:
  /// `made` is the data directory's own token, where one was made.
  token_source(const config::auth_section& section,
               std::optional<std::string> made);

  /// Everything read anew.
  [[nodiscard]] std::shared_ptr<const actors::token_table> load();

  /// Whether the token file is another than `load` saw.
  [[nodiscard]] bool changed() const;

private:
  /// Size, modification time and inode: an edit changes at least one.
  using fingerprint = std::tuple<std::int64_t, std::int64_t, std::uint64_t>;

  [[nodiscard]] std::optional<fingerprint> look() const;

  config::auth_section section_;
  std::optional<std::string> made_;
  std::optional<fingerprint> seen_;
};

} // namespace bridgekeeper::app
