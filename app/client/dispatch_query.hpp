#pragma once

#include "domain/result.hpp"
#include "domain/timestamp.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// Which dispatches to list, as given on the command line. What is not given
/// does not restrict the list.
struct dispatch_query {
  /// States separated by commas, or `unfinished`.
  std::optional<std::string> states;
  std::optional<std::string> agent;
  /// A time in ISO 8601, or an age such as `2h`.
  std::optional<std::string> since;
  std::size_t limit = 50;
};

/// The largest page that daemons send.
inline constexpr std::size_t most_per_page = 1000;

/// Makes the target of the requests for a list (GET /control/dispatches), with
/// a query that ends with `limit=`. Ages are relative to `now`. The failure
/// says which part is wrong.
[[nodiscard]] result<std::string> make_list_target(const dispatch_query& x,
                                                   timestamp now);

/// The moment that `text` means: a time in ISO 8601 or, before `now`, an age.
/// Nothing if it is neither.
[[nodiscard]] std::optional<timestamp> parse_since(std::string_view text,
                                                   timestamp now);

} // namespace bridgekeeper::app
