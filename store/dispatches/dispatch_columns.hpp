#pragma once

#include "store/dispatches/queries.hpp"
#include "store/dispatches/statement.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace bridgekeeper::store {

/// `SELECT … FROM dispatches AS d …`, without conditions, for `read_dispatch`.
[[nodiscard]] const std::string& dispatch_select();

/// The number of columns that `dispatch_select` names. A query may add others
/// with `dispatch_select_with`.
inline constexpr int dispatch_column_count = 28;

/// The same with more columns, and with more tables joined.
[[nodiscard]] std::string dispatch_select_with(const std::string& columns,
                                               const std::string& joins);

/// The same as `dispatch_select` for the rows `l` of `agent_dispatches`, in the
/// order of that table.
[[nodiscard]] const std::string& listed_dispatch_select();

/// The dispatch in the current row of such a query.
[[nodiscard]] dispatch_row read_dispatch(statement& query);

[[nodiscard]] std::optional<errc> reason_of(std::optional<std::int64_t> number);

} // namespace bridgekeeper::store
