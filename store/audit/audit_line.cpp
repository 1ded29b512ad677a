#include "store/audit/audit_line.hpp"

#include "domain/sha256.hpp"
#include "protocol/json_writer.hpp"

#include <algorithm>

namespace bridgekeeper::store {

namespace {

constexpr std::string_view prev_opening = R"(,"prev":")";
constexpr std::string_view hash_opening = R"(,"hash":")";
constexpr std::string_view ending = R"("})";
constexpr std::size_t hash_length = 64;

// Quotes in values are always escaped, so no value can contain this text.
constexpr std::string_view resumption_mark = R"("event":"audit_resumed",)";
constexpr std::string_view gap_mark = R"("event":"audit_gap",)";

bool is_hash(std::string_view x) {
  return std::all_of(x.begin(), x.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
}

/// Removes `part` from the end of `text`, if present.
bool take_end(std::string_view& text, std::string_view part) {
  if (!text.ends_with(part))
    return false;
  text.remove_suffix(part.size());
  return true;
}

std::optional<std::string_view> take_hash(std::string_view& text) {
  if (text.size() < hash_length)
    return std::nullopt;
  auto out = text.substr(text.size() - hash_length);
  text.remove_suffix(hash_length);
  if (!is_hash(out))
    return std::nullopt;
  return out;
}

void add_text(protocol::json_writer& out, std::string_view name,
              const std::string& value) {
  if (!value.empty())
    out.string(name, value);
}

std::string torn_hash_member(std::string_view hash) {
  return R"("torn_sha256":")" + std::string{hash} + '"';
}

} // namespace

const std::string& chain_beginning() {
  static const std::string out(hash_length, '0');
  return out;
}

audit_line render(const audit_entry& x, std::string_view prev) {
  protocol::json_writer out;
  out.string("timestamp", to_iso8601(x.when));
  out.string("event", x.event);
  out.string("result", x.success ? "success" : "failure");
  add_text(out, "agent_id", x.agent);
  add_text(out, "ip", x.ip);
  add_text(out, "session_id", x.session);
  add_text(out, "token", x.token);
  if (x.metadata)
    out.raw("metadata", x.metadata->str());
  out.string("prev", prev);
  audit_line line{out.finish(), {}};
  line.text.pop_back();
  line.hash = sha256_hex(line.text);
  line.text.append(hash_opening).append(line.hash).append(ending);
  return line;
}

std::optional<audit_links> find_links(std::string_view line) {
  audit_links out;
  auto rest = line;
  if (!rest.starts_with('{') || !take_end(rest, ending))
    return std::nullopt;
  auto hash = take_hash(rest);
  if (!hash || !take_end(rest, hash_opening))
    return std::nullopt;
  out.hash = *hash;
  out.hashed = rest;
  auto prev = take_end(rest, "\"") ? take_hash(rest) : std::nullopt;
  if (!prev || !take_end(rest, prev_opening))
    return std::nullopt;
  out.prev = *prev;
  return out;
}

bool is_genuine(const audit_links& x) {
  return sha256_hex(x.hashed) == x.hash;
}

audit_entry resumption_entry(timestamp when, std::size_t torn_bytes,
                             std::string_view torn_hash) {
  protocol::json_writer about;
  about.number("torn_bytes", static_cast<std::int64_t>(torn_bytes));
  about.string("torn_sha256", torn_hash);
  audit_entry out;
  out.when = when;
  out.event = "audit_resumed";
  out.success = false;
  out.metadata = json_object{about.finish()};
  return out;
}

bool accounts_for(std::string_view line, std::string_view torn) {
  return line.find(resumption_mark) != std::string_view::npos
         && line.find(torn_hash_member(sha256_hex(torn)))
                != std::string_view::npos;
}

audit_entry gap_entry(timestamp when, std::uint64_t missing,
                      std::string_view reason) {
  protocol::json_writer about;
  about.number("missing", static_cast<std::int64_t>(missing));
  about.string("reason", reason);
  audit_entry out;
  out.when = when;
  out.event = "audit_gap";
  out.success = false;
  out.metadata = json_object{about.finish()};
  return out;
}

bool is_gap(std::string_view line) {
  return line.find(gap_mark) != std::string_view::npos;
}

} // namespace bridgekeeper::store
