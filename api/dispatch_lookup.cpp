#include "api/dispatch_lookup.hpp"

#include <charconv>
#include <chrono>
#include <cstddef>

namespace bridgekeeper::api {

namespace {

/// Shorter texts stand for too many dispatches.
constexpr std::size_t min_short_id = 4;
constexpr std::size_t id_length = 36;

/// When the dispatch was created: ids are UUIDs of version 7, which begin with
/// the time in milliseconds.
timestamp created_at(const message_id& id) {
  const auto& text = id.str();
  if (text.size() != id_length)
    return {};
  auto digits = text.substr(0, 8) + text.substr(9, 4);
  std::int64_t ms = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), ms, 16);
  return timestamp{std::chrono::milliseconds{ms}};
}

} // namespace

bool is_short_id(const message_id& id) {
  auto length = id.str().size();
  return length >= min_short_id && length < id_length;
}

known_dispatch waiting_dispatch_of(const message_id& id, std::uint64_t before) {
  known_dispatch out;
  out.record.message = id;
  out.record.dispatched_at = created_at(id);
  out.more = place_member(before);
  return out;
}

dispatch_record cancelled_record(const message_id& id) {
  dispatch_record out;
  out.message = id;
  out.dispatched_at = created_at(id);
  out.status = dispatch_status::error;
  out.why = failure{errc::cancelled, {}};
  return out;
}

std::string place_member(std::uint64_t before) {
  return ",\"queue_position\":" + std::to_string(before + 1);
}

failure ambiguous_id(const message_id& id) {
  return {errc::unknown_dispatch,
          "Several dispatches have ids that start or end with " + id.str()};
}

} // namespace bridgekeeper::api
