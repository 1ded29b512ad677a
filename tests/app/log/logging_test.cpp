#include "app/log/log_format.hpp"
#include "app/log/logging.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <csignal>
#include <exception>
#include <regex>
#include <sstream>
#include <sys/wait.h>
#include <unistd.h>

using namespace bridgekeeper::app;

namespace {

std::string logged(std::unique_ptr<spdlog::formatter> format,
                   const std::string& message) {
  std::ostringstream out;
  auto sink = std::make_shared<spdlog::sinks::ostream_sink_st>(out);
  spdlog::logger logger{"net", sink};
  logger.set_formatter(std::move(format));
  logger.warn("{}", message);
  logger.debug("not important enough");
  return out.str();
}

} // namespace

TEST_CASE("a JSON log line has time, level, logger and message") {
  auto line = logged(make_json_format(), "listening");
  CHECK(line.ends_with("}\n"));
  auto x = nlohmann::json::parse(line);
  CHECK(x.size() == 4);
  CHECK(x.at("level") == "warning");
  CHECK(x.at("logger") == "net");
  CHECK(x.at("message") == "listening");
  CHECK(std::regex_match(
      x.at("time").get<std::string>(),
      std::regex{R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00)"}));
}

TEST_CASE("no message breaks out of its JSON log line") {
  const std::string nasty = "a\"},\n{\"b\\ \x01 \xc3\xa4";
  auto line = logged(make_json_format(), nasty);
  CHECK(line.find('\n') == line.size() - 1);
  CHECK(nlohmann::json::parse(line).at("message") == nasty);
  auto broken = logged(make_json_format(), "not UTF-8: \xff");
  CHECK(nlohmann::json::accept(broken));
}

TEST_CASE("a text log line shows control characters and keeps letters") {
  auto line = logged(make_text_format(), "a\x1b[2J\nb\x7f \xc2\x9b \xc3\xa4");
  CHECK(line.find(R"(net: a\x1b[2J\x0ab\x7f \xc2)") != std::string::npos);
  CHECK(line.find("\xc3\xa4") != std::string::npos);
  CHECK(line.find('\x1b') == std::string::npos);
  CHECK(line.find("warning") != std::string::npos);
}

TEST_CASE("the log level changes at run time, by name") {
  set_up_logging({});
  CHECK(log_level() == "info");
  CHECK_FALSE(spdlog::should_log(spdlog::level::debug));
  CHECK(set_log_level("debug"));
  CHECK(log_level() == "debug");
  CHECK(spdlog::should_log(spdlog::level::debug));
  CHECK_FALSE(set_log_level("loud"));
  CHECK_FALSE(set_log_level(""));
  CHECK(log_level() == "debug");
  CHECK(set_log_level("off"));
  CHECK_FALSE(spdlog::should_log(spdlog::level::critical));
}

TEST_CASE("a daemon's log has its level while it lives, and ends in order") {
  {
    background_log log{config::log_section{"debug", "json"}};
    CHECK(log_level() == "debug");
    CHECK(spdlog::should_log(spdlog::level::debug));
  }
  // Whoever logs afterwards finds a logger.
  CHECK(spdlog::default_logger() != nullptr);
  set_up_logging({"error", "json"});
}

TEST_CASE("what was logged before a defect is written") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  auto child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    std::signal(SIGABRT, SIG_DFL);
    ::dup2(ends[1], STDERR_FILENO);
    background_log log{config::log_section{"info", "json"}};
    spdlog::info("the last words");
    std::terminate();
  }
  ::close(ends[1]);
  std::string text;
  std::string piece(4096, '\0');
  for (;;) {
    auto size = ::read(ends[0], piece.data(), piece.size());
    if (size <= 0)
      break;
    text.append(piece, 0, static_cast<std::size_t>(size));
  }
  ::close(ends[0]);
  auto status = 0;
  ::waitpid(child, &status, 0);
  CHECK(WIFSIGNALED(status));
  CHECK(text.find("the last words") != std::string::npos);
}

TEST_CASE("the configured log level is in force from the start") {
  set_up_logging({"error", "json"});
  CHECK(log_level() == "error");
  CHECK_FALSE(spdlog::should_log(spdlog::level::warn));
}
