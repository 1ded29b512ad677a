#include "app/log/journal_sink.hpp"

#include "log/log_line.hpp"

#include <cerrno>
#include <syslog.h>
#include <unistd.h>
#include <utility>

namespace bridgekeeper::app {

namespace {

int priority_of(spdlog::level::level_enum level) noexcept {
  switch (level) {
  case spdlog::level::trace:
  case spdlog::level::debug:
    return LOG_DEBUG;
  case spdlog::level::info:
    return LOG_INFO;
  case spdlog::level::warn:
    return LOG_WARNING;
  case spdlog::level::err:
    return LOG_ERR;
  default:
    return LOG_CRIT;
  }
}

} // namespace

journal_entry make_entry(const spdlog::details::log_msg& line,
                         std::string_view identifier) {
  auto parsed = log::parse_line(line);
  journal_entry out;
  out.add("MESSAGE", parsed.text);
  out.add("PRIORITY", std::to_string(priority_of(line.level)));
  out.add("SYSLOG_IDENTIFIER", identifier);
  for (const auto& x : parsed.fields())
    out.add(x.journal_name, x.value);
  return out;
}

journal_sink::journal_sink(std::string identifier, loss_counter losses,
                           std::string_view address)
  : log_sink(std::move(losses)), identifier_(std::move(identifier)),
    socket_(address) {}

void journal_sink::write_line(const spdlog::details::log_msg& line) {
  auto entry = make_entry(line, identifier_);
  auto error = socket_.send(entry);
  while (error == EAGAIN && is_waiting())
    error = socket_.send(entry);
  if (error == 0 || error == EAGAIN)
    return;
  spdlog::memory_buf_t text;
  formatter_->format(line, text);
  // The journal stores a line of its stream with the priority in front of it.
  auto prefix = "<" + std::to_string(priority_of(line.level)) + ">";
  prefix.append(text.data(), text.size());
  std::ignore = ::write(STDERR_FILENO, prefix.data(), prefix.size());
}

} // namespace bridgekeeper::app
