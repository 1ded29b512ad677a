#include "app/daemon/config_reload.hpp"

#include "app/config/option_text.hpp"
#include "app/tokens/token_mask.hpp"
#include "log/log_line.hpp"

#include <string>

namespace bridgekeeper::app {

namespace {

/// `heartbeat.timeout (45s), auth.tokens (2 tokens)`.
std::string list(const std::vector<const option*>& xs, const config& values) {
  std::string out;
  for (auto x : xs)
    out.append(out.empty() ? "" : ", ")
        .append(full_name(*x) + " (" + to_plain(*x, values) + ")");
  return mask_tokens(out);
}

} // namespace

std::optional<config_change> read_again(const config_sources& sources,
                                        const config& current) {
  auto loaded = load_config(sources);
  for (const auto& warning : loaded.warnings)
    log::warn("{}", warning);
  if (!loaded.ok()) {
    for (const auto& error : loaded.errors)
      log::error("{}", error);
    log::error(configuration_stays);
    return std::nullopt;
  }
  return compare(current, loaded.values);
}

void tell(const config_change& change) {
  if (change.applied.empty())
    log::info("configuration reloaded: nothing changed");
  else
    log::info("configuration reloaded: {}",
              list(change.applied, change.values));
  if (!change.left.empty())
    log::warn("these settings take effect only after a restart: {}",
              list(change.left, change.values));
}

} // namespace bridgekeeper::app
