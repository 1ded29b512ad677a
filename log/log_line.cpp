#include "log/log_line.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <string>

namespace bridgekeeper::log {

namespace {

/// Ends each field's value. Values never contain it.
constexpr char separator = '\x1f';

/// Identifies lines written by `write`. Formatters compare the pointer, which a
/// peer's text cannot imitate.
constexpr const char* mark = "fields";

struct field_kind {
  std::string_view name;
  std::string_view journal_name;
  bool is_number = false;
};

/// In the order in which the values appear in a line.
constexpr std::array<field_kind, parsed_line::max_fields> kinds{{
    {"agent", "BRIDGEKEEPER_AGENT"},
    {"message_id", "BRIDGEKEEPER_DISPATCH"},
    {"session_id", "BRIDGEKEEPER_SESSION"},
    {"outcome", "BRIDGEKEEPER_OUTCOME"},
    {"reason", "BRIDGEKEEPER_REASON"},
    {"attempt", "BRIDGEKEEPER_ATTEMPT", true},
    {"queue_wait_s", "BRIDGEKEEPER_QUEUE_WAIT_S", true},
    {"duration_s", "BRIDGEKEEPER_DURATION_S", true},
    {"cost_usd", "BRIDGEKEEPER_COST_USD", true},
    {"peer", "BRIDGEKEEPER_PEER"},
    {"trace_id", "BRIDGEKEEPER_TRACE_ID"},
}};

/// Appends fields to a line, each as the number of its kind, its value and a
/// separator. They must be added in the order of the kinds.
class field_appender {
public:
  explicit field_appender(std::string& out) : out_(out) {}

  void add(std::string_view value) {
    auto kind = next_++;
    if (value.empty())
      return;
    begin(kind);
    auto start = out_.size();
    out_ += value;
    std::replace(out_.begin() + static_cast<std::ptrdiff_t>(start), out_.end(),
                 separator, '?');
    out_ += separator;
  }

  void add(std::uint32_t value) {
    auto kind = next_++;
    if (value == 0)
      return;
    begin(kind);
    out_ += std::to_string(value);
    out_ += separator;
  }

  void add(const std::optional<std::chrono::milliseconds>& value) {
    auto kind = next_++;
    if (!value)
      return;
    begin(kind);
    auto ms = std::max<std::int64_t>(value->count(), 0);
    out_ += fmt::format("{}.{:03}{}", ms / 1000, ms % 1000, separator);
  }

  void add(const std::optional<micro_usd>& value) {
    auto kind = next_++;
    if (!value)
      return;
    begin(kind);
    auto millionths = value->count();
    out_ += fmt::format("{}.{:06}{}", millionths / 1'000'000,
                        millionths % 1'000'000, separator);
  }

private:
  void begin(std::size_t kind) {
    out_ += static_cast<char>('A' + kind);
  }

  std::string& out_;
  std::size_t next_ = 0;
};

spdlog::level::level_enum to_spdlog(level x) {
  switch (x) {
  case level::debug:
    return spdlog::level::debug;
  case level::info:
    return spdlog::level::info;
  case level::warn:
    return spdlog::level::warn;
  case level::error:
    return spdlog::level::err;
  case level::critical:
    return spdlog::level::critical;
  }
  return spdlog::level::critical;
}

void log_format_alone(spdlog::logger& logger,
                      spdlog::level::level_enum severity,
                      fmt::string_view format) noexcept {
  try {
    logger.log(severity, format);
  } catch (...) {
    // Without memory, or after its thread has ended, the log cannot say so.
  }
}

} // namespace

bool is_on(level x) noexcept {
  return spdlog::should_log(to_spdlog(x));
}

// A logger passes only a text and a source location to its formatter, and the
// log is written on another thread. The values are therefore appended to the
// text, and the "line number" says where the text ends.

void write(level x, const fields& about, fmt::string_view format,
           fmt::format_args xs) noexcept {
  auto& logger = *spdlog::default_logger_raw();
  auto severity = to_spdlog(x);
  if (!logger.should_log(severity))
    return;
  try {
    auto text = fmt::vformat(format, xs);
    spdlog::source_loc where{mark, static_cast<int>(text.size()), ""};
    field_appender out{text};
    out.add(about.agent);
    out.add(about.message_id);
    out.add(about.session);
    out.add(about.outcome);
    out.add(about.reason);
    out.add(about.attempt);
    out.add(about.queue_wait);
    out.add(about.duration);
    out.add(about.cost);
    out.add(about.peer);
    out.add(about.trace_id);
    logger.log(where, severity, spdlog::string_view_t{text});
  } catch (...) {
    log_format_alone(logger, severity, format);
  }
}

parsed_line parse_line(const spdlog::details::log_msg& line) noexcept {
  parsed_line out;
  out.text = {line.payload.data(), line.payload.size()};
  if (line.source.filename != mark)
    return out;
  auto rest = out.text.substr(static_cast<std::size_t>(line.source.line));
  out.text.remove_suffix(rest.size());
  while (!rest.empty() && out.count < out.all.size()) {
    auto end = rest.find(separator);
    const auto& kind = kinds.at(static_cast<std::size_t>(rest.front() - 'A'));
    out.all[out.count++] = {kind.name, kind.journal_name,
                            rest.substr(1, end - 1), kind.is_number};
    rest.remove_prefix(end + 1);
  }
  return out;
}

std::string_view parsed_line::find(std::string_view name) const noexcept {
  for (const auto& x : fields())
    if (x.name == name)
      return x.value;
  return {};
}

} // namespace bridgekeeper::log
