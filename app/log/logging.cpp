#include "app/log/logging.hpp"

#include "app/log/journal_sink.hpp"
#include "app/log/log_format.hpp"
#include "app/text/colours.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <exception>
#include <memory>
#include <optional>
#include <unistd.h>
#include <utility>

namespace bridgekeeper::app {

namespace {

std::optional<spdlog::level::level_enum> to_level(std::string_view name) {
  using namespace spdlog::level;
  for (auto x : {trace, debug, info, warn, err, off}) {
    auto known = to_string_view(x);
    if (name == std::string_view{known.data(), known.size()})
      return x;
  }
  return std::nullopt;
}

bool wants_text(std::string_view format) {
  if (format == "text" || format == "json")
    return format == "text";
  return ::isatty(STDERR_FILENO) == 1;
}

/// The journal gets entries with fields, unless a format was asked for.
bool goes_to_journal(std::string_view format) {
  const auto* stream = std::getenv("JOURNAL_STREAM");
  return format == "auto" && stream != nullptr
         && is_journal_stream(STDERR_FILENO, stream);
}

std::unique_ptr<spdlog::formatter> make_format(const log_options& x) {
  return wants_text(x.format) ? make_text_format() : make_json_format();
}

void log_to(std::shared_ptr<spdlog::logger> logger, const log_options& x) {
  spdlog::set_default_logger(std::move(logger));
  // Applies to this logger and to loggers that are registered later.
  spdlog::set_level(to_level(x.level).value_or(spdlog::level::info));
}

log_writer_options make_writer_options(const log_options& x) {
  log_writer_options out;
  if (goes_to_journal(x.format))
    out.journal_identifier = ::program_invocation_short_name;
  out.descriptor = STDERR_FILENO;
  out.colours = shows_colours(STDERR_FILENO);
  return out;
}

spdlog::sink_ptr make_sink(const log_options& x) {
  if (goes_to_journal(x.format)) {
    auto out = std::make_shared<journal_sink>(::program_invocation_short_name,
                                              [] { return std::size_t{0}; });
    // The threads that write to it have other things to do.
    out->stop_waiting();
    return out;
  }
  return std::make_shared<spdlog::sinks::stderr_color_sink_mt>(
      shows_colours(STDERR_FILENO) ? spdlog::color_mode::always
                                   : spdlog::color_mode::never);
}

// -- termination by a defect --------------------------------------------------

constexpr auto last_words = std::chrono::seconds{1};

std::atomic<log_writer*> the_writer{nullptr};
std::terminate_handler previous_terminate = nullptr;

/// Writes the queue before the process is terminated: it may contain the lines
/// that explain the defect.
[[noreturn]] void drain_and_terminate() {
  // Only the first thread that gets here waits.
  if (auto writer = the_writer.exchange(nullptr))
    writer->drain(last_words);
  if (previous_terminate != nullptr)
    previous_terminate();
  std::abort();
}

} // namespace

void set_up_logging(const log_options& x) {
  auto logger = std::make_shared<spdlog::logger>("bridgekeeper", make_sink(x));
  logger->set_formatter(make_format(x));
  log_to(std::move(logger), x);
}

background_log::background_log(const log_options& x)
  : section_(x), writer_(make_writer_options(x), make_format(x)) {
  log_to(writer_.logger(), x);
  the_writer = &writer_;
  previous_terminate = std::set_terminate(&drain_and_terminate);
}

background_log::~background_log() {
  std::set_terminate(previous_terminate);
  the_writer = nullptr;
  set_up_logging(section_);
}

bool flush_log(std::chrono::milliseconds limit) {
  auto writer = the_writer.exchange(nullptr);
  return writer == nullptr || writer->drain(limit);
}

bool set_log_level(std::string_view name) {
  auto level = to_level(name);
  if (level)
    spdlog::set_level(*level);
  return level.has_value();
}

} // namespace bridgekeeper::app
