#include "store/dispatches/event_body.hpp"

#include "protocol/json_fields.hpp"
#include "protocol/json_list.hpp"
#include "protocol/json_writer.hpp"

#include <array>
#include <limits>
#include <string_view>
#include <utility>

namespace bridgekeeper::store {

namespace {

using protocol::json_fields;
using protocol::json_writer;
using body_type = event::body_type;

constexpr auto any_length = std::numeric_limits<std::size_t>::max();

/// All members that any body has.
constexpr std::array<std::string_view, 13> names{
    "attempt",     "has_result",  "implausible", "reason", "detail",
    "followup_to", "traceparent", "status",      "text",   "metadata",
    "list",        "numbers",     "flag"};

// -- writing ------------------------------------------------------------------

void add_attempt(json_writer& out, std::uint16_t attempt) {
  if (attempt > 1)
    out.number("attempt", static_cast<std::int64_t>(attempt));
}

std::string finish(json_writer&& out) {
  auto text = out.finish();
  return text == "{}" ? std::string{} : text;
}

std::string pair_of(std::int64_t x, std::int64_t y) {
  return "[\"" + std::to_string(x) + "\",\"" + std::to_string(y) + "\"]";
}

struct body_writer {
  std::uint16_t attempt;

  std::string operator()(const agent_connected& x) const {
    auto number = static_cast<std::int64_t>(to_number(x.number));
    return json_writer{}
        .raw("list", protocol::list_of(x.capabilities))
        .nullable("detail", x.workdir)
        .raw("numbers", pair_of(number, 0))
        .finish();
  }

  std::string operator()(const agent_disconnected& x) const {
    return json_writer{}
        .number("reason", static_cast<std::int64_t>(x.reason))
        .string("detail", x.detail)
        .finish();
  }

  std::string operator()(const task_dispatched& x) const {
    json_writer out;
    if (x.followup_to)
      out.string("followup_to", x.followup_to->str());
    if (!x.traceparent.empty())
      out.string("traceparent", x.traceparent);
    return finish(std::move(out));
  }

  std::string operator()(const agent_progress& x) const {
    json_writer out;
    out.string("status", x.report->status).string("text", x.report->text);
    if (x.report->metadata != json_object{})
      out.raw("metadata", x.report->metadata.str());
    return out.finish();
  }

  std::string operator()(const agent_response& x) const {
    json_writer out;
    add_attempt(out, attempt);
    if (x.cost_is_implausible)
      out.flag("implausible", true);
    return finish(std::move(out));
  }

  std::string operator()(const agent_error& x) const {
    json_writer out;
    add_attempt(out, attempt);
    out.number("reason", static_cast<std::int64_t>(x.why.code));
    if (!x.why.detail.empty())
      out.string("detail", x.why.detail);
    if (x.result)
      out.flag("has_result", true);
    if (x.cost_is_implausible)
      out.flag("implausible", true);
    return out.finish();
  }

  std::string operator()(const agent_heartbeat_lost& x) const {
    return json_writer{}
        .raw("numbers",
             pair_of(x.last_seen.time_since_epoch().count(), x.timeout.count()))
        .finish();
  }

  std::string operator()(const agent_conflict& x) const {
    return json_writer{}
        .string("status", x.standing_ip)
        .string("text", x.newcomer_ip)
        .flag("flag", x.newcomer_stands)
        .finish();
  }

  std::string operator()(const late_result&) const {
    json_writer out;
    add_attempt(out, attempt);
    return finish(std::move(out));
  }

  std::string operator()(const task_queued&) const {
    return {};
  }

  std::string operator()(const task_cancelled&) const {
    return {};
  }

  std::string operator()(const task_sent& x) const {
    return json_writer{}.number("attempt", std::int64_t{x.attempt}).finish();
  }

  std::string operator()(const task_retrying& x) const {
    json_writer out;
    out.number("reason", static_cast<std::int64_t>(x.why.code))
        .raw("numbers",
             pair_of(x.attempt, x.not_before.time_since_epoch().count()));
    if (!x.why.detail.empty())
      out.string("detail", x.why.detail);
    return out.finish();
  }

  std::string operator()(const cost_warning& x) const {
    return json_writer{}
        .raw("numbers", pair_of(x.session_total.count(), x.daily_total.count()))
        .finish();
  }
};

// -- reading ------------------------------------------------------------------

/// The members of a body, or their defaults.
class body_reader {
public:
  explicit body_reader(json_fields fields) : fields_(std::move(fields)) {}

  std::string text(std::string_view name) {
    return fields_.take_string(name, any_length).value();
  }

  std::optional<std::string> nullable(std::string_view name) {
    return fields_.take_nullable(name, any_length).value();
  }

  std::vector<std::string> list(std::string_view name) {
    return fields_.take_strings(name, max_capabilities, any_length).value();
  }

  std::int64_t number(std::string_view name) {
    return static_cast<std::int64_t>(
        fields_.take_number(name).value().value_or(0));
  }

  bool flag(std::string_view name) {
    return fields_.take_flag(name).value();
  }

  json_object object(std::string_view name) {
    return fields_.take_object(name).value();
  }

  /// Whole numbers that a JSON number need not hold exactly.
  std::pair<std::int64_t, std::int64_t> pair() {
    auto texts = list("numbers");
    texts.resize(2, "0");
    return {std::stoll(texts[0]), std::stoll(texts[1])};
  }

  errc reason() {
    return to_errc(static_cast<std::uint8_t>(number("reason")))
        .value_or(errc::internal);
  }

private:
  json_fields fields_;
};

std::optional<body_reader> read(const std::string& body) {
  auto fields = json_fields::parse(body.empty() ? "{}" : body, names,
                                   max_wrapped_json_depth);
  if (!fields)
    return std::nullopt;
  return body_reader{std::move(*fields)};
}

/// A result that is no longer stored leaves an empty one.
std::shared_ptr<const response> result_of(const stored_event& x) {
  if (x.result)
    return x.result;
  return std::make_shared<const response>(
      response{x.message, x.agent, {}, {}, {}});
}

body_type make_body(const stored_event& x, body_reader in) {
  switch (x.type) {
  case event_type::agent_connected:
    return agent_connected{
        incarnation{static_cast<std::uint64_t>(in.pair().first)},
        in.list("list"), in.nullable("detail")};
  case event_type::agent_disconnected:
    return agent_disconnected{in.reason(), in.text("detail")};
  case event_type::task_dispatched: {
    auto other = in.text("followup_to");
    return task_dispatched{x.message,
                           other.empty()
                               ? std::nullopt
                               : std::optional{message_id{std::move(other)}},
                           in.text("traceparent")};
  }
  case event_type::agent_progress:
    return agent_progress{std::make_shared<const progress>(
        progress{x.message, x.agent, in.text("status"), in.text("text"),
                 in.object("metadata")})};
  case event_type::agent_response:
    return agent_response{result_of(x), in.flag("implausible")};
  case event_type::agent_error: {
    auto result = in.flag("has_result") ? result_of(x) : nullptr;
    return agent_error{x.message,
                       {in.reason(), in.text("detail")},
                       std::move(result),
                       in.flag("implausible")};
  }
  case event_type::agent_heartbeat_lost: {
    auto [seen, timeout] = in.pair();
    return agent_heartbeat_lost{timestamp{std::chrono::microseconds{seen}},
                                std::chrono::milliseconds{timeout}};
  }
  case event_type::agent_conflict:
    return agent_conflict{in.text("status"), in.text("text"), in.flag("flag")};
  case event_type::late_result:
    return late_result{result_of(x)};
  case event_type::task_queued:
    return task_queued{x.message};
  case event_type::task_cancelled:
    return task_cancelled{x.message};
  case event_type::task_sent:
    return task_sent{x.message,
                     static_cast<std::uint16_t>(in.number("attempt"))};
  case event_type::task_retrying: {
    auto [attempt, not_before] = in.pair();
    return task_retrying{x.message,
                         static_cast<std::uint16_t>(attempt),
                         {in.reason(), in.text("detail")},
                         timestamp{std::chrono::microseconds{not_before}}};
  }
  case event_type::cost_tracking: {
    auto [session, day] = in.pair();
    return cost_warning{x.message, micro_usd{session}, micro_usd{day}};
  }
  }
  throw std::invalid_argument{"an event of a later version"};
}

struct type_of_body {
  event_type operator()(const agent_connected&) const noexcept {
    return event_type::agent_connected;
  }
  event_type operator()(const agent_disconnected&) const noexcept {
    return event_type::agent_disconnected;
  }
  event_type operator()(const task_dispatched&) const noexcept {
    return event_type::task_dispatched;
  }
  event_type operator()(const agent_progress&) const noexcept {
    return event_type::agent_progress;
  }
  event_type operator()(const agent_response&) const noexcept {
    return event_type::agent_response;
  }
  event_type operator()(const agent_error&) const noexcept {
    return event_type::agent_error;
  }
  event_type operator()(const agent_heartbeat_lost&) const noexcept {
    return event_type::agent_heartbeat_lost;
  }
  event_type operator()(const agent_conflict&) const noexcept {
    return event_type::agent_conflict;
  }
  event_type operator()(const cost_warning&) const noexcept {
    return event_type::cost_tracking;
  }
  event_type operator()(const late_result&) const noexcept {
    return event_type::late_result;
  }
  event_type operator()(const task_queued&) const noexcept {
    return event_type::task_queued;
  }
  event_type operator()(const task_cancelled&) const noexcept {
    return event_type::task_cancelled;
  }
  event_type operator()(const task_sent&) const noexcept {
    return event_type::task_sent;
  }
  event_type operator()(const task_retrying&) const noexcept {
    return event_type::task_retrying;
  }
};

} // namespace

event_type stored_type(const event& x) noexcept {
  return std::visit(type_of_body{}, x.body);
}

std::string stored_body(const event& x, std::uint16_t attempt) {
  return std::visit(body_writer{attempt}, x.body);
}

std::uint16_t result_attempt(event_type type, const std::string& body) {
  if (type != event_type::agent_response && type != event_type::agent_error
      && type != event_type::late_result)
    return 0;
  auto in = read(body);
  if (!in || (type == event_type::agent_error && !in->flag("has_result")))
    return 0;
  auto attempt = in->number("attempt");
  return attempt == 0 ? 1 : static_cast<std::uint16_t>(attempt);
}

std::optional<body_type> to_body(const stored_event& x) {
  auto in = read(x.body);
  if (!in)
    return std::nullopt;
  try {
    return make_body(x, std::move(*in));
  } catch (const std::exception&) {
    // A member has another type than this version writes.
    return std::nullopt;
  }
}

} // namespace bridgekeeper::store
