#pragma once

#include "domain/result.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper::app {

/// One response of `GET /control/dispatches`.
struct dispatch_page {
  /// The JSON objects of the dispatches as the daemon wrote them, newest first.
  std::vector<std::string> rows;
  /// The parameter `after` of the next page; nothing on the last page.
  std::optional<std::string> next;
};

[[nodiscard]] result<dispatch_page> parse_dispatch_page(std::string_view body);

/// How many characters of the ends of the ids distinguish all of them, at least
/// 8.
[[nodiscard]] std::size_t short_id_length(std::span<const std::string> ids);

/// Formats the rows of pages as a table, with short ids. The result is safe to
/// print on a terminal.
[[nodiscard]] std::string dispatch_table(std::span<const std::string> rows);

/// Formats the member `history` of a record, a JSON list, as a table. The
/// result is safe to print on a terminal.
[[nodiscard]] std::string history_table(std::string_view history);

} // namespace bridgekeeper::app
