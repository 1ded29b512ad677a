#include "domain/limits.hpp"
#include "protocol/control_codec.hpp"
#include "protocol/control_fields.hpp"
#include "protocol/json_fields.hpp"

#include <array>
#include <utility>

// Bodies of requests over HTTP.

namespace bridgekeeper::protocol {

namespace {

constexpr std::array<std::string_view, 13> routed_fields{
    "content",  "timeout_s",   "queue_timeout_s", "total_timeout_s", "retry",
    "priority", "followup_to", "idempotency_key", "durability",      "wait",
    "context",  "agent_id",    "require"};

/// Without the target, which the path names.
constexpr std::span body_fields{routed_fields.data(), routed_fields.size() - 2};

/// Without the context, which the daemon makes. Existing clients may send one.
constexpr std::span followup_fields{routed_fields.data(),
                                    routed_fields.size() - 3};

using member_kind = body_member::kind_type;

constexpr std::array routed_members{
    body_member{"content", member_kind::text, true},
    body_member{"timeout_s", member_kind::number},
    body_member{"queue_timeout_s", member_kind::number},
    body_member{"total_timeout_s", member_kind::number},
    body_member{"retry", member_kind::object},
    body_member{"priority", member_kind::text},
    body_member{"durability", member_kind::text},
    body_member{"followup_to", member_kind::text},
    body_member{"idempotency_key", member_kind::text},
    body_member{"wait", member_kind::number},
    body_member{"context", member_kind::object},
    body_member{"agent_id", member_kind::text},
    body_member{"require", member_kind::list},
};

constexpr std::span dispatch_members{routed_members.data(), body_fields.size()};

constexpr std::span followup_members{routed_members.data(),
                                     followup_fields.size()};

constexpr std::array backup_members{
    body_member{"file", member_kind::text, true},
};

constexpr std::array erase_members{
    body_member{"message_id", member_kind::text},
    body_member{"agent_id", member_kind::text},
};

constexpr std::array agent_members{
    body_member{"name", member_kind::text, true},
    body_member{"endpoint_url", member_kind::text, true},
};

result<std::optional<std::chrono::milliseconds>>
take_wait(json_fields& fields) {
  auto seconds = fields.take_number("wait");
  if (!seconds)
    return seconds.error();
  if (!*seconds)
    return std::optional<std::chrono::milliseconds>{};
  auto out = to_wait(**seconds);
  if (!out)
    return failure{errc::invalid_message,
                   "wait: expected a number of seconds from 0 to a week",
                   "wait",
                   **seconds < 0 ? "greater_than_equal" : "less_than_equal"};
  return out;
}

/// Adds the key, which is a header otherwise, and the wait, which is a query
/// parameter otherwise.
result<dispatch_body> with_http_members(result<dispatch_body> out,
                                        json_fields& fields) {
  if (!out)
    return out;
  auto wait = take_wait(fields);
  if (!wait)
    return wait.error();
  out->wait = *wait;
  if (!fields.has("idempotency_key"))
    return out;
  auto key = fields.take_required("idempotency_key", max_idempotency_key);
  if (!key)
    return key.error();
  out->idempotency_key = std::move(*key);
  return out;
}

/// What is wrong with the path of a file on the daemon's machine.
std::string_view complaint_about_path(std::string_view path) {
  if (path.empty())
    return "expected a path, got an empty text";
  if (path.find('\0') != path.npos)
    return "a path cannot contain NUL";
  // The client does not know the daemon's working directory.
  if (path.front() != '/')
    return "the path must be absolute: start it with /";
  return {};
}

} // namespace

result<dispatch_body> decode_dispatch_body(std::string_view text) {
  auto fields = json_fields::parse(text, body_fields);
  if (!fields)
    return fields.error();
  return with_http_members(take_body(*fields), *fields);
}

std::span<const body_member> dispatch_body_members() noexcept {
  return dispatch_members;
}

result<routed_body> decode_routed_body(std::string_view text) {
  auto fields = json_fields::parse(text, routed_fields);
  if (!fields)
    return fields.error();
  auto body = with_http_members(take_body(*fields), *fields);
  if (!body)
    return body.error();
  auto to = take_target(*fields);
  if (!to)
    return to.error();
  body->require = std::move(to->require);
  return routed_body{std::move(to->agent), std::move(*body)};
}

std::span<const body_member> routed_body_members() noexcept {
  return routed_members;
}

result<dispatch_body> decode_followup_body(std::string_view text) {
  auto fields = json_fields::parse(text, followup_fields);
  if (!fields)
    return fields.error();
  auto out = with_http_members(take_followup(*fields), *fields);
  if (out)
    out->is_followup = true;
  return out;
}

result<std::string> decode_backup_body(std::string_view text) {
  static constexpr std::array<std::string_view, 1> wanted{"file"};
  auto fields = json_fields::parse(text, wanted);
  if (!fields)
    return fields.error();
  auto file = take_text(*fields, "file");
  if (!file)
    return file.error();
  if (auto why = complaint_about_path(*file); !why.empty())
    return failure{errc::invalid_message, "file: " + std::string{why}, "file",
                   "value_error"};
  return std::move(*file);
}

std::span<const body_member> backup_body_members() noexcept {
  return backup_members;
}

result<erasure> decode_erase_body(std::string_view text) {
  static constexpr std::array<std::string_view, 2> wanted{"message_id",
                                                          "agent_id"};
  auto fields = json_fields::parse(text, wanted);
  if (!fields)
    return fields.error();
  const auto* name = fields->has("agent_id") ? "agent_id" : "message_id";
  if (fields->has("agent_id") && fields->has("message_id"))
    return failure{errc::invalid_message,
                   "agent_id: not together with message_id", name,
                   "value_error"};
  auto id = take_text(*fields, name);
  if (!id)
    return id.error();
  if (id->empty())
    return failure{errc::invalid_message, std::string{name} + ": is empty",
                   name, "value_error"};
  erasure out;
  if (name == wanted[0])
    out.message = message_id{std::move(*id)};
  else
    out.agent = agent_id{std::move(*id)};
  return out;
}

std::span<const body_member> erase_body_members() noexcept {
  return erase_members;
}

std::span<const body_member> followup_body_members() noexcept {
  return followup_members;
}

result<enlistment> decode_enlistment(std::string_view text) {
  static constexpr std::array<std::string_view, 2> wanted{"name",
                                                          "endpoint_url"};
  auto fields = json_fields::parse(text, wanted);
  if (!fields)
    return fields.error();
  auto name = take_text(*fields, "name", max_label_length);
  if (!name)
    return name.error();
  auto url = take_text(*fields, "endpoint_url", max_url_length);
  if (!url)
    return url.error();
  return enlistment{std::move(*name), std::move(*url)};
}

std::span<const body_member> enlistment_members() noexcept {
  return agent_members;
}

} // namespace bridgekeeper::protocol
