#include "app/config/legacy_value.hpp"

#include "app/config/assign_option.hpp"
#include "app/config/option_text.hpp"
#include "app/text/quantity.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace bridgekeeper::app {

namespace {

/// Of Python's logging. All audit entries are at INFO or WARNING.
constexpr std::array<legacy_word, 5> audit_levels{{
    {"debug", "info"},
    {"warn", "warning"},
    {"error", "warning"},
    {"fatal", "warning"},
    {"critical", "warning"},
}};

constexpr auto variables = std::to_array<legacy_variable>({
    {"VIBEFORGE_AUTH_TOKEN", "auth.tokens"},
    {"VIBEFORGE_AUTH_TOKENS", "auth.tokens", true},
    {"VIBEFORGE_AUTH_TOKEN_FILE", "auth.token_file"},
    {"VIBEFORGE_RATE_LIMIT_AGENT_PER_MIN", "limits.agent_per_minute"},
    {"VIBEFORGE_RATE_LIMIT_IP_PER_MIN", "limits.ip_per_minute"},
    {"VIBEFORGE_SESSION_COST_LIMIT_USD", "cost.session_limit_usd"},
    {"VIBEFORGE_DAILY_COST_LIMIT_USD", "cost.daily_limit_usd"},
    {"VIBEFORGE_COST_WARNING_THRESHOLD", "cost.warning_threshold"},
    {"VIBEFORGE_COST_PER_1K_TOKENS_USD", "cost.per_thousand_tokens_usd"},
    {"VIBEFORGE_AUDIT_LOG_PATH", "audit.path"},
    {"VIBEFORGE_AUDIT_LOG_LEVEL", "audit.level", false, audit_levels},
    {"VIBEFORGE_AUDIT_LOG_MAX_BYTES", "audit.max_bytes"},
    {"VIBEFORGE_AUDIT_LOG_BACKUP_COUNT", "audit.backup_count"},
});

/// A number as Python's `int` and `float` read it: they also take `+5`, `1_000`
/// and `inf`. Nothing for other text, and for a fraction if `whole`.
std::optional<double> read_python_number(std::string_view text, bool whole) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto is_digit = [&](std::size_t at) {
      return at < text.size()
             && std::isdigit(static_cast<unsigned char>(text[at])) != 0;
    };
    auto separates =
        text[i] == '_' && i > 0 && is_digit(i - 1) && is_digit(i + 1);
    if (!separates && !(i == 0 && text[i] == '+'))
      plain += text[i];
  }
  if (whole
      && plain.find_first_not_of("0123456789", plain.starts_with('-') ? 1 : 0)
             != std::string::npos)
    return std::nullopt;
  auto out = 0.0;
  auto last = plain.data() + plain.size();
  auto [end, error] = std::from_chars(plain.data(), last, out);
  if (error == std::errc::result_out_of_range && end == last) {
    auto is_tiny = plain.find("e-") != std::string::npos
                   || plain.find("E-") != std::string::npos;
    auto size = is_tiny ? 0.0 : HUGE_VAL;
    return plain.starts_with('-') ? -size : size;
  }
  if (error != std::errc{} || end != last || std::isnan(out))
    return std::nullopt;
  return out;
}

/// The nearest number that the option takes; nothing for other text.
std::optional<std::string> nearest_number(const number_kind& kind,
                                          std::string_view text) {
  auto x = read_python_number(text, kind.unit.is_whole);
  if (!x)
    return std::nullopt;
  // A limit has no lowest value of its own.
  auto nearest = std::clamp(*x, std::max(kind.min, -kind.max), kind.max);
  return kind.unit.is_whole ? std::to_string(static_cast<std::int64_t>(nearest))
                            : format_number(nearest);
}

} // namespace

std::span<const legacy_variable> legacy_variables() noexcept {
  return variables;
}

std::optional<std::string> legacy_meaning(const option& x,
                                          const legacy_variable& variable,
                                          std::string_view text) {
  auto number = std::get_if<number_kind>(&x.kind);
  config scratch;
  if ((number == nullptr && !std::holds_alternative<word_kind>(x.kind))
      || !assign(x, scratch, plain_text{std::string{text}}).has_value())
    return std::nullopt;
  for (const auto& word : variable.words)
    if (is_same_word(word.theirs, text))
      return std::string{word.ours};
  if (number != nullptr)
    if (auto nearest = nearest_number(*number, text))
      return nearest;
  // The replaced server ignores what it does not understand.
  return to_plain(x, config{});
}

} // namespace bridgekeeper::app
