#include "protocol/response_details.hpp"

#include "domain/limits.hpp"
#include "domain/utf8.hpp"

#include <array>
#include <chrono>
#include <optional>
#include <utility>

namespace bridgekeeper::protocol {

namespace {

constexpr std::array<std::string_view, 5> detail_names{
    "agent_session_id", "failure", "retry_at", "error_detail", "metadata"};

/// A time with its zone. Near the ends of the years 1970 to 9999, the zone may
/// shift it to a year that could not be written.
std::optional<timestamp> read_retry_time(std::string_view text) {
  using namespace std::chrono;
  constexpr std::string_view date = "2026-01-31";
  auto out = text.size() > date.size() ? parse_iso8601(text) : std::nullopt;
  if (out
      && (*out < sys_days{1970y / 1 / 1} || *out >= sys_days{10000y / 1 / 1}))
    out.reset();
  return out;
}

} // namespace

std::shared_ptr<const response_details> take_details(json_fields& fields,
                                                     bool has_failed) {
  response_details x;
  if (auto session = fields.text("agent_session_id");
      session.size() <= max_label_length)
    x.agent_session_id = session;
  if (has_failed) {
    x.failure = to_failure_class(fields.text("failure"));
    x.retry_at = read_retry_time(fields.text("retry_at"));
  }
  // The cause is mostly in the last lines.
  x.error_detail =
      end_of_utf8(fields.text("error_detail"), max_error_detail_length);
  if (auto metadata = fields.take_object("metadata"))
    x.metadata = std::move(*metadata);
  if (x == response_details{})
    return nullptr;
  return std::make_shared<const response_details>(std::move(x));
}

void add_details(json_writer& out,
                 const std::shared_ptr<const response_details>& x) {
  if (!x)
    return;
  if (!x->agent_session_id.empty())
    out.string("agent_session_id", x->agent_session_id);
  if (x->failure)
    out.string("failure", to_string(*x->failure));
  if (x->retry_at)
    out.string("retry_at", to_iso8601(*x->retry_at));
  if (!x->error_detail.empty())
    out.string("error_detail", x->error_detail);
  if (x->metadata != json_object{})
    out.raw("metadata", x->metadata.str());
}

std::string more_members(const std::shared_ptr<const response_details>& x) {
  auto text = encode_details(x);
  if (text.empty())
    return text;
  text.front() = ',';
  text.pop_back();
  return text;
}

std::string encode_details(const std::shared_ptr<const response_details>& x) {
  json_writer out;
  add_details(out, x);
  auto text = out.finish();
  return text == "{}" ? std::string{} : text;
}

std::shared_ptr<const response_details> decode_details(std::string_view text) {
  if (text.empty())
    return nullptr;
  auto fields = json_fields::parse(text, detail_names, max_wrapped_json_depth);
  return fields ? take_details(*fields, true) : nullptr;
}

} // namespace bridgekeeper::protocol
