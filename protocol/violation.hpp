#pragma once

#include "domain/result.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper::protocol {

/// One error in a request, in the format of a 422 response (contract section
/// 2): the kind of error, its location, a text, and the offending input.
struct violation {
  std::string type;
  /// As JSON: `["body","content"]`.
  std::string location;
  std::string message;
  /// As JSON.
  std::string input = "null";
};

/// A required or optional member of a request body.
struct body_member {
  enum class kind_type : std::uint8_t { text, object, number, list };

  std::string_view name;
  kind_type kind = kind_type::text;
  bool required = false;
};

/// All errors in a body that was rejected because of `why`; at least one entry.
/// Slow, because it is only used for bodies that are rejected anyway.
[[nodiscard]] std::vector<violation>
body_violations(std::string_view body, std::span<const body_member> members,
                const failure& why);

/// An error in the member `name` of a body that is a text.
[[nodiscard]] violation body_violation(std::string_view name,
                                       std::string_view text,
                                       std::string_view message);

/// An error in a query parameter.
[[nodiscard]] violation query_violation(std::string_view name,
                                        std::string_view text,
                                        std::string_view type,
                                        std::string_view message);

/// The `detail` list.
[[nodiscard]] std::string to_json(std::span<const violation> list);

} // namespace bridgekeeper::protocol
