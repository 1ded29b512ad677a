#include "net/log_line.hpp"

#include <algorithm>
#include <array>

namespace bridgekeeper::net {

namespace {

/// Terminates each field's value. Values never contain it.
constexpr char separator = '\x1f';

/// Identifies lines written by `write_log_line`. Formatters compare the
/// pointer, which a peer's text cannot imitate.
constexpr const char* mark = "fields";

/// In the order in which the values appear in a line.
constexpr std::array members{&log_fields::agent, &log_fields::message_id,
                             &log_fields::reason, &log_fields::peer};

} // namespace

// A logger passes only a text and a source location to its formatter, and the
// log is written on another thread. The values are therefore appended to the
// text, and the "line number" says where the text ends.

void write_log_line(spdlog::level::level_enum level, const log_fields& about,
                    std::string text) {
  spdlog::source_loc where{mark, static_cast<int>(text.size()), ""};
  for (auto member : members) {
    auto begin = text.size();
    text += about.*member;
    std::replace(text.begin() + static_cast<std::ptrdiff_t>(begin), text.end(),
                 separator, '?');
    text += separator;
  }
  spdlog::default_logger_raw()->log(where, level, spdlog::string_view_t{text});
}

parsed_log_line parse_log_line(const spdlog::details::log_msg& line) noexcept {
  parsed_log_line out;
  out.text = {line.payload.data(), line.payload.size()};
  if (line.source.filename != mark)
    return out;
  auto rest = out.text.substr(static_cast<std::size_t>(line.source.line));
  out.text.remove_suffix(rest.size());
  for (auto member : members) {
    auto end = rest.find(separator);
    out.about.*member = rest.substr(0, end);
    rest.remove_prefix(end + 1);
  }
  return out;
}

} // namespace bridgekeeper::net
