#include "app/log/logging.hpp"

#include "app/log/log_format.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <optional>
#include <unistd.h>

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

} // namespace

void set_up_logging(const config::log_section& x) {
  // Colours only on a terminal, whatever the format: the sink looks itself.
  auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
  auto logger = std::make_shared<spdlog::logger>("bridgekeeper", sink);
  logger->set_formatter(wants_text(x.format) ? make_text_format()
                                             : make_json_format());
  spdlog::set_default_logger(std::move(logger));
  // Of this logger and of those that are registered later.
  spdlog::set_level(to_level(x.level).value_or(spdlog::level::info));
}

bool set_log_level(std::string_view name) {
  auto level = to_level(name);
  if (level)
    spdlog::set_level(*level);
  return level.has_value();
}

std::string_view log_level() noexcept {
  auto name = spdlog::level::to_string_view(spdlog::get_level());
  return {name.data(), name.size()};
}

} // namespace bridgekeeper::app
