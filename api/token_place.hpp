#pragma once

#include <string>
#include <string_view>

namespace bridgekeeper::api {

/// The token of a request: from `Authorization: Bearer`, otherwise from
/// `X-Auth-Token`, otherwise from `?token=` unless `from_query` is off
/// (contract section 2). Empty if there is none.
[[nodiscard]] std::string find_token(std::string_view authorization,
                                     std::string_view x_auth_token,
                                     std::string_view target,
                                     bool from_query = true);

} // namespace bridgekeeper::api
