#pragma once

#include "app/client/client_options.hpp"
#include "app/client/exit_code.hpp"
#include "domain/explanation.hpp"
#include "domain/result.hpp"

#include <string>
#include <string_view>
#include <variant>

namespace bridgekeeper::app {

/// The answer of a daemon to a question for an explanation.
struct received_explanation {
  explanation parsed;
  /// As the daemon has sent it.
  std::string json;
};

/// Why a daemon gives no explanation.
struct missing_explanation {
  exit_code code = exit_code::failure;
  /// What happened and what to do next, safe to print.
  std::string sentence;
};

using found_explanation =
    std::variant<received_explanation, missing_explanation>;

/// Asks a daemon to explain what `id` names: an agent, a dispatch (also by a
/// part of its id) or a reason. Tries the most likely kind first. Blocks; any
/// thread.
[[nodiscard]] found_explanation find_explanation(const server_access& access,
                                                 const std::string& id);

/// Reads the body of such a response.
[[nodiscard]] result<explanation> decode_explanation(std::string_view body);

} // namespace bridgekeeper::app
