#pragma once

#include "protocol/violation.hpp"

#include <boost/system/result.hpp>

#include <chrono>
#include <optional>
#include <string_view>

namespace bridgekeeper::api {

/// The value of `?wait=SECONDS`, rounded up; unset if absent.
[[nodiscard]] boost::system::result<std::optional<std::chrono::milliseconds>,
                                    protocol::violation>
find_wait(std::string_view target);

/// The same for a request whose body may name the time instead. Fails if both
/// do and differ.
[[nodiscard]] boost::system::result<std::optional<std::chrono::milliseconds>,
                                    protocol::violation>
find_wait(std::string_view target,
          std::optional<std::chrono::milliseconds> in_body);

} // namespace bridgekeeper::api
