#include "app/adapters/failure_text.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <tuple>
#include <utility>

namespace bridgekeeper::app {

namespace {

using enum failure_class;

/// In this order, because a later phrase may occur in the messages of an
/// earlier class: a lack of credit is reported as a rate limit, too.
constexpr std::array<std::pair<std::string_view, failure_class>, 58> phrases{{
    {"no conversation found", no_session},
    {"error resuming session", no_session},
    {"session not found", no_session},
    {"invalid session identifier", no_session},
    {"no rollout found", no_session},
    {"no saved session", no_session},
    {"thread not found", no_session},
    {"prompt is too long", context_too_long},
    {"prompt_too_long", context_too_long},
    {"context window", context_too_long},
    {"contextwindow", context_too_long},
    {"contextoverflow", context_too_long},
    {"context_length", context_too_long},
    {"context length", context_too_long},
    {"max_turns", max_turns},
    {"max turns", max_turns},
    {"maximum number of turns", max_turns},
    {"max session turns", max_turns},
    {"credit balance", budget},
    {"spend limit", budget},
    {"spending limit", budget},
    {"billing", budget},
    {"insufficient_quota", budget},
    {"insufficient credit", budget},
    {"payment required", budget},
    {"max_budget", budget},
    {"maximum budget", budget},
    {"not logged in", auth},
    {"invalid api key", auth},
    {"invalid_api_key", auth},
    {"incorrect api key", auth},
    {"api key not valid", auth},
    {"api key not found", auth},
    {"oauth token", auth},
    {"run /login", auth},
    {"please log in", auth},
    {"codex login", auth},
    {"auth method", auth},
    {"unauthorized", auth},
    {"unauthenticated", auth},
    {"authenticationerror", auth},
    {"authentication_error", auth},
    {"authentication failed", auth},
    {"authentication_failed", auth},
    {"providerautherror", auth},
    {"rate limit", rate_limited},
    {"rate_limit", rate_limited},
    {"ratelimit", rate_limited},
    {"session limit", rate_limited},
    {"weekly limit", rate_limited},
    {"usage limit", rate_limited},
    {"usagelimit", rate_limited},
    {"too many requests", rate_limited},
    {"temporarily limiting", rate_limited},
    {"overloaded", rate_limited},
    {"resource_exhausted", rate_limited},
    {"resource exhausted", rate_limited},
    {"quota", rate_limited},
}};

/// How much of a long message is searched at each end.
constexpr std::size_t classified_part = std::size_t{4} * 1024;

/// What precedes an HTTP status, so that other numbers do not count.
constexpr std::array<std::string_view, 7> status_marks{
    "status ", "status: ", "status code ", "http ", "error: ", "error ", "("};

constexpr char lower_letter(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equals_ignoring_case(char x, char y) {
  return lower_letter(x) == lower_letter(y);
}

std::size_t find_ignoring_case(std::string_view text, std::string_view words) {
  // Clang 14 cannot compile the result of std::ranges::search.
  auto i = std::search(text.begin(), text.end(), words.begin(), words.end(),
                       equals_ignoring_case);
  return i == text.end() && !words.empty()
             ? std::string_view::npos
             : static_cast<std::size_t>(i - text.begin());
}

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Reads up to nine digits and removes them from the text.
std::optional<int> read_number(std::string_view& text) {
  std::size_t digits = 0;
  auto out = 0;
  while (digits < text.size() && digits < 9 && is_digit(text[digits]))
    out = out * 10 + (text[digits++] - '0');
  if (digits == 0)
    return std::nullopt;
  text.remove_prefix(digits);
  return out;
}

void skip_blanks(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
}

bool skip_word(std::string_view& text, std::string_view word) {
  if (find_ignoring_case(text.substr(0, word.size()), word) != 0)
    return false;
  text.remove_prefix(word.size());
  return true;
}

/// The class of the HTTP status that follows `mark`, if any.
std::optional<failure_class> class_of_status_after(std::string_view mark,
                                                   std::string_view text) {
  auto at = find_ignoring_case(text, mark);
  if (at == std::string_view::npos)
    return std::nullopt;
  text.remove_prefix(at + mark.size());
  auto status = read_number(text);
  return status ? classify_status(*status) : std::nullopt;
}

/// A span of time such as `20 s`, `1.5s`, `5 minutes` or `3 days 4 hours`.
std::optional<std::chrono::seconds> read_span(std::string_view text) {
  using namespace std::chrono;
  constexpr std::array<std::pair<std::string_view, seconds>, 12> units{{
      {"days", days{1}},
      {"day", days{1}},
      {"hours", hours{1}},
      {"hour", hours{1}},
      {"h", hours{1}},
      {"minutes", minutes{1}},
      {"minute", minutes{1}},
      {"min", minutes{1}},
      {"m", minutes{1}},
      {"seconds", seconds{1}},
      {"second", seconds{1}},
      {"s", seconds{1}},
  }};
  std::optional<seconds> out;
  while (true) {
    skip_blanks(text);
    auto number = read_number(text);
    if (!number || *number > 100'000)
      return out;
    // A fraction is rounded up.
    if (text.size() > 1 && text[0] == '.' && is_digit(text[1])) {
      text.remove_prefix(1);
      std::ignore = read_number(text);
      ++*number;
    }
    skip_blanks(text);
    auto unit = std::ranges::find_if(
        units, [&](const auto& x) { return skip_word(text, x.first); });
    // `ms` and other units are not read as minutes.
    if (unit == units.end()
        || (!text.empty() && lower_letter(text[0]) >= 'a'
            && lower_letter(text[0]) <= 'z' && !is_digit(text[0])))
      return out;
    out = out.value_or(seconds{0}) + *number * unit->second;
    text.remove_prefix(std::min(text.find_first_not_of(" ,"), text.size()));
    skip_word(text, "and ");
  }
}

/// The next `3pm (UTC)`, `3:30pm (UTC)` or `15:00 UTC`.
std::optional<timestamp> read_time_of_day(std::string_view text,
                                          timestamp now) {
  using namespace std::chrono;
  auto hour = read_number(text);
  auto minute = std::optional{0};
  if (hour && skip_word(text, ":"))
    minute = read_number(text);
  skip_blanks(text);
  auto is_pm = skip_word(text, "pm");
  auto has_half = is_pm || skip_word(text, "am");
  skip_blanks(text);
  skip_word(text, "(");
  if (!hour || !minute || *minute > 59 || !skip_word(text, "utc")
      || *hour > (has_half ? 12 : 23) || (has_half && *hour == 0))
    return std::nullopt;
  if (has_half)
    *hour = *hour % 12 + (is_pm ? 12 : 0);
  timestamp out = floor<days>(now) + hours{*hour} + minutes{*minute};
  return out > now ? out : out + days{1};
}

/// A date and time as in ISO 8601 at the beginning of `text`.
std::optional<timestamp> read_date(std::string_view text) {
  auto end = std::min(text.find_first_not_of("0123456789-:+.TZ"), text.size());
  text = text.substr(0, end);
  while (text.ends_with('.'))
    text.remove_suffix(1);
  // A date without a time and its zone is ambiguous.
  return text.find('T') != std::string_view::npos ? parse_iso8601(text)
                                                  : std::nullopt;
}

} // namespace

std::optional<failure_class> classify_status(int http_status) noexcept {
  switch (http_status) {
  case 401:
  case 403:
    return auth;
  case 402:
    return budget;
  case 429:
  case 529:
    return rate_limited;
  default:
    return std::nullopt;
  }
}

std::optional<failure_class> classify_failure(std::string_view error) noexcept {
  // Agents may give megabytes of output as an error. The cause is stated before
  // or after it.
  std::array parts{error, std::string_view{}};
  if (error.size() > 2 * classified_part)
    parts = {error.substr(0, classified_part),
             error.substr(error.size() - classified_part)};
  for (const auto& [phrase, kind] : phrases)
    for (auto part : parts)
      if (find_ignoring_case(part, phrase) != std::string_view::npos)
        return kind;
  for (auto part : parts)
    for (auto mark : status_marks)
      if (auto kind = class_of_status_after(mark, part))
        return kind;
  return std::nullopt;
}

std::optional<timestamp> time_since_epoch(double x) noexcept {
  constexpr auto first = 946'684'800.0;  // 2000
  constexpr auto last = 4'102'444'800.0; // 2100
  if (x >= first * 1000)
    x /= 1000;
  if (!(x >= first && x < last))
    return std::nullopt;
  return timestamp{std::chrono::seconds{static_cast<std::int64_t>(x)}};
}

std::optional<timestamp> retry_time(std::string_view error, timestamp now) {
  // `Claude AI usage limit reached|1749924000`
  if (auto bar = error.find("reached|"); bar != std::string_view::npos) {
    auto rest = error.substr(bar + 8);
    auto out = 0.0;
    for (std::size_t i = 0;
         i < std::min<std::size_t>(rest.size(), 13) && is_digit(rest[i]); ++i)
      out = out * 10 + (rest[i] - '0');
    return time_since_epoch(out);
  }
  for (std::string_view mark : {"resets at ", "resets ", "reset at ",
                                "try again at ", "retry at ", "until "}) {
    auto at = find_ignoring_case(error, mark);
    if (at == std::string_view::npos)
      continue;
    auto rest = error.substr(at + mark.size());
    if (auto date = read_date(rest))
      return date;
    if (auto time = read_time_of_day(rest, now))
      return time;
  }
  for (std::string_view mark :
       {"try again in ", "retry in ", "retry after ", "resets in ",
        "reset after ", "retry-after: "}) {
    auto at = find_ignoring_case(error, mark);
    if (at == std::string_view::npos)
      continue;
    if (auto span = read_span(error.substr(at + mark.size())))
      return now + *span;
  }
  return std::nullopt;
}

} // namespace bridgekeeper::app
