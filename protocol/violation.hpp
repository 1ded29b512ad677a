#pragma once

#include "domain/result.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper::protocol {

/// One thing that is wrong with a request, as a 422 answer lists it (contract
/// section 2): what kind of thing, where, in words, and what was found there.
struct violation {
  std::string type;
  /// JSON: `["body","content"]`.
  std::string location;
  std::string message;
  /// JSON.
  std::string input = "null";
};

/// A member that a request body has, or may have.
struct body_member {
  enum class kind_type : std::uint8_t { text, object, number };

  std::string_view name;
  kind_type kind = kind_type::text;
  bool required = false;
};

/// Everything that is wrong with a body that was refused because of `why`; at
/// least one entry. Slow, for bodies that are refused anyway.
[[nodiscard]] std::vector<violation>
body_violations(std::string_view body, std::span<const body_member> members,
                const failure& why);

/// What is wrong with a query parameter.
[[nodiscard]] violation query_violation(std::string_view name,
                                        std::string_view text,
                                        std::string_view type,
                                        std::string_view message);

/// The `detail` list.
[[nodiscard]] std::string to_json(std::span<const violation> list);

} // namespace bridgekeeper::protocol
