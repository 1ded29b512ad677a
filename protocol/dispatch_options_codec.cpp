#include "protocol/dispatch_options_codec.hpp"

#include "protocol/json_document.hpp"
#include "protocol/json_fields.hpp"
#include "protocol/json_list.hpp"
#include "protocol/json_writer.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <optional>

namespace bridgekeeper::protocol {

namespace {

using nlohmann::json;
using std::chrono::milliseconds;

/// More than any valid `retry` needs; longer texts do not become trees.
constexpr std::size_t max_retry_length = 1024;

/// Unknown words are quoted up to this length.
constexpr std::size_t max_quoted = 64;

/// Converts to milliseconds, rounding up: a timeout is never shorter than what
/// was asked for. The tolerance is for fractions such as 1.001, which are not
/// exact in binary.
milliseconds to_milliseconds(double seconds) {
  auto value = seconds * 1000;
  auto nearest = std::round(value);
  auto exact = std::abs(value - nearest) < 1e-6 ? nearest : std::ceil(value);
  return milliseconds{static_cast<std::int64_t>(exact)};
}

std::string in_seconds(milliseconds x) {
  return std::to_string(
      std::chrono::duration_cast<std::chrono::seconds>(x).count());
}

result<std::optional<milliseconds>> take_timeout(json_fields& fields,
                                                 std::string_view name) {
  auto seconds = fields.take_number(name);
  if (!seconds)
    return seconds.error();
  if (!*seconds)
    return std::optional<milliseconds>{};
  auto value = std::chrono::duration<double>{**seconds};
  if (value.count() <= 0 || value > max_dispatch_timeout)
    return failure{errc::invalid_message,
                   std::string{name} + ": expected more than 0 and at most "
                       + in_seconds(max_dispatch_timeout) + " seconds",
                   name, "greater_than"};
  return std::optional{std::max(milliseconds{1}, to_milliseconds(**seconds))};
}

/// Takes the member `name`, which is the name of one of `values`; nothing if
/// it is absent. `expected` lists them for people.
template <class T>
result<std::optional<T>> take_word(json_fields& fields, std::string_view name,
                                   std::initializer_list<T> values,
                                   std::string_view expected) {
  if (!fields.has(name))
    return std::optional<T>{};
  auto word = fields.take_string(name, max_label_length);
  if (!word)
    return word.error();
  for (auto x : values)
    if (*word == to_string(x))
      return std::optional{x};
  return failure{errc::invalid_message,
                 std::string{name} + ": expected " + std::string{expected},
                 name, "literal_error"};
}

// -- retry --------------------------------------------------------------------

constexpr std::string_view attempts_field = "retry.max_attempts";
constexpr std::string_view on_field = "retry.on";
constexpr std::string_view backoff_field = "retry.backoff_s";

failure wrong_member(std::string_view field, const std::string& expected,
                     std::string_view kind) {
  return {errc::invalid_message, std::string{field} + ": " + expected, field,
          kind};
}

std::string quoted(const std::string& x) {
  auto text = json(x.substr(0, max_quoted))
                  .dump(-1, ' ', false, json::error_handler_t::replace);
  return text;
}

std::optional<failure> read_attempts(const json& x, retry_policy& out) {
  if (!x.is_number())
    return wrong_member(attempts_field, "expected a number", "int_type");
  auto number = x.get<double>();
  if (number != std::floor(number))
    return wrong_member(attempts_field, "expected a whole number",
                        "int_from_float");
  if (number < 1 || number > max_dispatch_attempts)
    return wrong_member(attempts_field,
                        "expected 1 to "
                            + std::to_string(max_dispatch_attempts),
                        number < 1 ? "greater_than_equal" : "less_than_equal");
  out.max_attempts = static_cast<std::uint16_t>(number);
  return {};
}

std::optional<failure> read_reasons(const json& x, retry_policy& out) {
  if (!x.is_array())
    return wrong_member(on_field, "expected a list of strings", "list_type");
  for (const auto& item : x) {
    if (!item.is_string())
      return wrong_member(on_field, "expected a list of strings",
                          "string_type");
    const auto& word = item.get_ref<const std::string&>();
    if (!add_reason(out, word))
      return wrong_member(on_field,
                          "expected any of " + all_retry_reasons() + ", got "
                              + quoted(word),
                          "literal_error");
  }
  return {};
}

std::optional<failure> read_backoff(const json& x, milliseconds& out) {
  if (!x.is_number() || !std::isfinite(x.get<double>()))
    return wrong_member(backoff_field, "expected a number", "float_type");
  auto seconds = x.get<double>();
  if (seconds < 0 || seconds > to_seconds(max_backoff))
    return wrong_member(backoff_field,
                        "expected 0 to " + in_seconds(max_backoff) + " seconds",
                        seconds < 0 ? "greater_than_equal" : "less_than_equal");
  out = to_milliseconds(seconds);
  return {};
}

/// Reads `retry` into `out`.
std::optional<failure> take_retry(json_fields& fields, dispatch_options& out) {
  if (!fields.has("retry"))
    return {};
  auto text = fields.take_object("retry");
  if (!text)
    return text.error();
  auto object = text->str().size() <= max_retry_length
                    ? parse_json_document(text->str())
                    : json(json::value_t::discarded);
  if (!object.is_object())
    return wrong_member("retry",
                        "expected max_attempts and perhaps on and backoff_s",
                        "value_error");
  auto has_reasons = false;
  for (const auto& [name, value] : object.items()) {
    std::optional<failure> why;
    if (name == "max_attempts")
      why = read_attempts(value, out.retry);
    else if (name == "backoff_s")
      why = read_backoff(value, out.backoff);
    else if (name == "on")
      why = read_reasons(value, out.retry);
    else
      why = wrong_member("retry", "unknown member " + quoted(name),
                         "extra_forbidden");
    if (why)
      return why;
    has_reasons = has_reasons || name == "on";
  }
  if (!object.contains("max_attempts"))
    return wrong_member(attempts_field, "expected a number, got nothing",
                        "missing");
  if (!has_reasons)
    out.retry.on_lost = true;
  return {};
}

std::string encode_retry(const dispatch_options& x) {
  json_list on;
  for (auto name : reasons_of(x.retry))
    on.string(name);
  return json_writer{}
      .number("max_attempts", std::int64_t{x.retry.max_attempts})
      .raw("on", on.finish())
      .number("backoff_s", to_seconds(x.backoff))
      .finish();
}

} // namespace

std::optional<milliseconds> to_wait(double seconds) noexcept {
  if (!(seconds >= 0) || seconds > to_seconds(max_dispatch_timeout))
    return std::nullopt;
  return to_milliseconds(seconds);
}

result<dispatch_options> take_options(json_fields& fields) {
  dispatch_options out;
  for (auto [name, value] :
       {std::pair{"timeout_s", &out.timeout},
        std::pair{"queue_timeout_s", &out.queue_timeout},
        std::pair{"total_timeout_s", &out.total_timeout}}) {
    auto timeout = take_timeout(fields, name);
    if (!timeout)
      return timeout.error();
    *value = *timeout;
  }
  if (auto why = take_retry(fields, out))
    return std::move(*why);
  using enum dispatch_priority;
  auto priority =
      take_word(fields, "priority", {high, normal, low}, "high, normal or low");
  if (!priority)
    return priority.error();
  out.priority = priority->value_or(normal);
  auto level =
      take_word(fields, "durability", {durability::full, durability::commit},
                "full or commit");
  if (!level)
    return level.error();
  out.level = *level;
  return out;
}

void add_options(json_writer& out, const dispatch_options& x) {
  if (x.timeout)
    out.number("timeout_s", to_seconds(*x.timeout));
  if (x.queue_timeout)
    out.number("queue_timeout_s", to_seconds(*x.queue_timeout));
  if (x.total_timeout)
    out.number("total_timeout_s", to_seconds(*x.total_timeout));
  if (x.retry != retry_policy{} || x.backoff != milliseconds{0})
    out.raw("retry", encode_retry(x));
  if (x.priority != dispatch_priority::normal)
    out.string("priority", to_string(x.priority));
  if (x.level)
    out.string("durability", to_string(*x.level));
}

std::string encode_options(const dispatch_options& x,
                           const std::vector<std::string>& require,
                           const std::string& agent_session_id) {
  if (x == dispatch_options{} && require.empty() && agent_session_id.empty())
    return {};
  json_writer out;
  add_options(out, x);
  if (!require.empty())
    out.raw("require", list_of(require));
  if (!agent_session_id.empty())
    out.string("agent_session_id", agent_session_id);
  return out.finish();
}

result<dispatch_options> decode_options(std::string_view text) {
  if (text.empty())
    return dispatch_options{};
  auto fields = json_fields::parse(text, option_fields);
  if (!fields)
    return fields.error();
  return take_options(*fields);
}

std::vector<std::string> decode_required(std::string_view text) {
  if (text.empty())
    return {};
  static constexpr std::array<std::string_view, 1> names{"require"};
  auto fields = json_fields::parse(text, names);
  if (!fields)
    return {};
  auto out =
      fields->take_strings("require", max_capabilities, max_label_length);
  return out ? std::move(*out) : std::vector<std::string>{};
}

std::string decode_agent_session(std::string_view text) {
  if (text.empty())
    return {};
  static constexpr std::array<std::string_view, 1> names{"agent_session_id"};
  auto fields = json_fields::parse(text, names);
  if (!fields)
    return {};
  auto out = fields->take_string("agent_session_id", max_label_length);
  return out ? std::move(*out) : std::string{};
}

} // namespace bridgekeeper::protocol
