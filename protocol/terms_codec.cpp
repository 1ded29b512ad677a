#include "protocol/terms_codec.hpp"

#include "domain/limits.hpp"
#include "protocol/dispatch_options_codec.hpp"
#include "protocol/json_document.hpp"
#include "protocol/json_list.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace bridgekeeper::protocol {

namespace {

using nlohmann::json;
using std::chrono::milliseconds;

/// A heartbeat interval or timeout must not be longer than a day.
constexpr auto max_interval = milliseconds{std::chrono::hours{24}};

/// Deadlines beyond this are no limit in practice, and the clock could
/// overflow.
constexpr auto max_deadline = milliseconds{std::chrono::hours{24 * 3650}};

/// The largest whole number that every JSON parser keeps exact.
constexpr double max_exact_number = 9'007'199'254'740'992;

/// A character of JSON text takes at most six bytes, as in \u0001.
constexpr std::size_t max_escape = 6;

constexpr auto max_resume_text =
    max_resume_entries * (max_escape * max_label_length + 64);

constexpr auto max_labels_text =
    max_agent_labels
    * (max_escape * (max_label_key_length + max_label_value_length) + 8);

milliseconds from_seconds(double x) {
  return milliseconds{std::llround(x * 1000)};
}

std::optional<milliseconds> take_interval(field_reader& in,
                                          std::string_view name) {
  auto seconds = in.number(name);
  if (!seconds)
    return {};
  if (*seconds <= 0 || *seconds > to_seconds(max_interval)) {
    in.refuse(name, "more than 0 and at most 86400 seconds");
    return {};
  }
  return std::max(milliseconds{1}, from_seconds(*seconds));
}

milliseconds take_required_interval(field_reader& in, std::string_view name) {
  auto x = take_interval(in, name);
  if (!x)
    in.refuse(name, "a number of seconds");
  return x.value_or(milliseconds{0});
}

std::uint16_t take_slots(field_reader& in) {
  auto x = in.number("slots");
  if (!x)
    return 1;
  if (*x != std::floor(*x) || *x < 1 || *x > max_slots) {
    in.refuse("slots", "a whole number from 1 to " + std::to_string(max_slots));
    return 1;
  }
  return static_cast<std::uint16_t>(*x);
}

/// The tree of a list or object that the parser of the frame has accepted;
/// discarded if the text is longer than any valid one.
json to_tree(const std::string& text, std::size_t limit) {
  return text.size() <= limit ? parse_json_document(text)
                              : json(json::value_t::discarded);
}

agent_labels take_labels(field_reader& in) {
  constexpr auto expected =
      "at most 32 labels with keys of 1 to 63 letters, digits or ._/- and "
      "values that are texts of at most 128 bytes";
  auto text = in.nested("labels", json_kind::object, expected);
  agent_labels out;
  if (text.empty())
    return out;
  auto tree = to_tree(text, max_labels_text);
  auto is_valid = tree.is_object() && tree.size() <= max_agent_labels;
  for (auto i = tree.begin(); is_valid && i != tree.end(); ++i) {
    is_valid = is_valid_label_key(i.key()) && i->is_string()
               && i->get_ref<std::string&>().size() <= max_label_value_length;
    if (is_valid)
      out.emplace(i.key(), i->get_ref<std::string&>());
  }
  if (!is_valid) {
    in.refuse("labels", expected);
    out.clear();
  }
  return out;
}

std::optional<resume_entry> to_resume_entry(const json& x) {
  auto message = text_member(x, "message_id");
  auto state = to_resume_state(text_member(x, "state"));
  if (message.empty() || message.size() > max_label_length || !state)
    return {};
  return resume_entry{message_id{std::move(message)}, *state};
}

std::vector<message_id> take_ids(field_reader& in, std::string_view name) {
  std::vector<message_id> out;
  for (auto& text : in.strings(name))
    out.emplace_back(std::move(text));
  return out;
}

std::string list_of_ids(const std::vector<message_id>& ids) {
  json_list out;
  for (const auto& x : ids)
    out.string(x.str());
  return out.finish();
}

} // namespace

// -- resume -------------------------------------------------------------------

std::vector<resume_entry> take_resume(field_reader& in) {
  constexpr auto expected =
      "at most 256 objects with a message_id and a state that is waiting, "
      "running or finished";
  auto text = in.nested("resume", json_kind::array, expected);
  std::vector<resume_entry> out;
  if (text.empty())
    return out;
  auto tree = to_tree(text, max_resume_text);
  auto is_valid = tree.is_array() && tree.size() <= max_resume_entries;
  for (auto i = tree.begin(); is_valid && i != tree.end(); ++i) {
    auto entry = to_resume_entry(*i);
    is_valid = entry.has_value();
    if (entry)
      out.push_back(std::move(*entry));
  }
  if (!is_valid) {
    in.refuse("resume", expected);
    out.clear();
  }
  return out;
}

std::string encode_resume(const std::vector<resume_entry>& list) {
  json_list out;
  for (const auto& x : list)
    out.raw(json_writer{}
                .string("message_id", x.message.str())
                .string("state", to_string(x.state))
                .finish());
  return out.finish();
}

// -- register -----------------------------------------------------------------

std::optional<registration_terms>
take_registration_terms(const json_fields& fields, field_reader& in) {
  auto instance = fields.text("instance_id");
  if (negotiate(fields.text("protocol"), instance) == bridge_protocol::v1_0)
    return {};
  registration_terms x;
  x.instance = instance_id{std::string{instance}};
  x.slots = take_slots(in);
  x.labels = take_labels(in);
  x.heartbeat_interval = take_interval(in, "heartbeat_interval_s");
  x.resume = take_resume(in);
  x.resume_more = in.flag("resume_more");
  return x;
}

void add_terms(json_writer& out, const registration_terms& x) {
  json_writer labels;
  for (const auto& [key, value] : x.labels)
    labels.string(key, value);
  out.string("protocol", to_string(bridge_protocol::v1_1))
      .string("instance_id", x.instance.str())
      .number("slots", std::int64_t{x.slots})
      .raw("labels", labels.finish());
  if (x.heartbeat_interval)
    out.number("heartbeat_interval_s", to_seconds(*x.heartbeat_interval));
  out.raw("resume", encode_resume(x.resume)).flag("resume_more", x.resume_more);
}

// -- registered ---------------------------------------------------------------

std::optional<registered_terms> take_registered_terms(const json_fields& fields,
                                                      field_reader& in) {
  if (negotiate(fields.text("protocol")) == bridge_protocol::v1_0)
    return {};
  registered_terms x;
  auto number = in.number("incarnation");
  if (!number || *number < 0 || *number > max_exact_number
      || *number != std::floor(*number))
    in.refuse("incarnation", "a whole number");
  else
    x.incarnation = incarnation{static_cast<std::uint64_t>(*number)};
  x.heartbeat_interval = take_required_interval(in, "heartbeat_interval_s");
  x.heartbeat_timeout = take_required_interval(in, "heartbeat_timeout_s");
  x.adopted = take_ids(in, "adopted");
  x.cancelled = take_ids(in, "cancelled");
  return x;
}

void add_terms(json_writer& out, const registered_terms& x) {
  out.string("protocol", to_string(bridge_protocol::v1_1))
      .number("incarnation",
              static_cast<std::int64_t>(to_number(x.incarnation)))
      .number("heartbeat_interval_s", to_seconds(x.heartbeat_interval))
      .number("heartbeat_timeout_s", to_seconds(x.heartbeat_timeout))
      .raw("adopted", list_of_ids(x.adopted))
      .raw("cancelled", list_of_ids(x.cancelled));
}

// -- dispatch -----------------------------------------------------------------

std::optional<dispatch_terms> take_dispatch_terms(const json_fields& fields) {
  auto dispatch = fields.text("dispatch_id");
  if (dispatch.empty() || dispatch.size() > max_label_length)
    return {};
  dispatch_terms x;
  x.dispatch = message_id{std::string{dispatch}};
  const auto& attempt = fields.find("attempt");
  constexpr double max_attempt = 1'000'000;
  if (attempt.kind == json_kind::number && attempt.number >= 1
      && attempt.number <= max_attempt)
    x.attempt = static_cast<std::uint32_t>(attempt.number);
  const auto& deadline = fields.find("deadline_s");
  // A deadline that has passed is a limit, too.
  if (deadline.kind == json_kind::number
      && deadline.number <= to_seconds(max_deadline))
    x.deadline = from_seconds(std::max(0.0, deadline.number));
  auto followed = fields.text("followup_to");
  if (!followed.empty() && followed.size() <= max_label_length)
    x.followup_to = message_id{std::string{followed}};
  if (auto session = fields.text("agent_session_id");
      session.size() <= max_label_length)
    x.agent_session_id = session;
  return x;
}

void add_terms(json_writer& out, const dispatch_terms& x) {
  out.string("dispatch_id", x.dispatch.str())
      .number("attempt", std::int64_t{x.attempt});
  if (x.deadline)
    out.number("deadline_s", to_seconds(*x.deadline));
  if (x.followup_to)
    out.string("followup_to", x.followup_to->str());
  if (!x.agent_session_id.empty())
    out.string("agent_session_id", x.agent_session_id);
}

} // namespace bridgekeeper::protocol
