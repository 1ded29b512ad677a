#include "app/tokens/token_expiry.hpp"

#include "app/text/quantity.hpp"

#include <chrono>
#include <string>

namespace bridgekeeper::app {

namespace {

/// Longer than any sensible lifetime, and short enough not to overflow a
/// timestamp.
constexpr seconds longest = std::chrono::years{1000};

} // namespace

result<timestamp> parse_token_expiry(std::string_view text, timestamp now) {
  if (auto at = parse_iso8601(text)) {
    if (*at > now)
      return *at;
    return failure{errc::invalid_message,
                   to_iso8601_seconds(*at)
                       + " is in the past; specify a time in the future"};
  }
  auto time = parse_duration(text, bare_number::refused);
  if (!time || *time <= seconds{0} || *time > longest)
    return failure{errc::invalid_message,
                   "expected a time such as 90d or 12h, or a date such as "
                   "2027-01-31 or 2027-01-31T12:00:00Z"};
  // The file stores whole seconds.
  return std::chrono::ceil<std::chrono::seconds>(
      now + std::chrono::ceil<std::chrono::microseconds>(*time));
}

} // namespace bridgekeeper::app
