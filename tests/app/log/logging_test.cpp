#include "app/log/log_format.hpp"
#include "app/log/logging.hpp"
#include "log/log_line.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/null_sink.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <csignal>
#include <exception>
#include <regex>
#include <sstream>
#include <sys/wait.h>
#include <unistd.h>

using namespace bridgekeeper;
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
  CHECK(spdlog::get_level() == spdlog::level::info);
  CHECK_FALSE(spdlog::should_log(spdlog::level::debug));
  CHECK(set_log_level("debug"));
  CHECK(spdlog::get_level() == spdlog::level::debug);
  CHECK(spdlog::should_log(spdlog::level::debug));
  CHECK_FALSE(set_log_level("loud"));
  CHECK_FALSE(set_log_level(""));
  CHECK(spdlog::get_level() == spdlog::level::debug);
  CHECK(set_log_level("off"));
  CHECK_FALSE(spdlog::should_log(spdlog::level::critical));
}

TEST_CASE("a daemon's log has its level while it lives, and ends in order") {
  {
    background_log log{log_options{"debug", "json"}};
    CHECK(spdlog::get_level() == spdlog::level::debug);
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
    background_log log{log_options{"info", "json"}};
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
  CHECK(spdlog::get_level() == spdlog::level::err);
  CHECK_FALSE(spdlog::should_log(spdlog::level::warn));
}

TEST_CASE("a line that cannot be formatted is logged as its format") {
  std::ostringstream out;
  auto before = spdlog::default_logger();
  spdlog::set_default_logger(std::make_shared<spdlog::logger>(
      "bridgekeeper", std::make_shared<spdlog::sinks::ostream_sink_st>(out)));
  bridgekeeper::log::error(fmt::runtime("the last words: {} {}"), 1);
  spdlog::set_default_logger(before);
  CHECK(out.str().find("the last words: {} {}") != std::string::npos);
}

TEST_CASE(
    "a line after the end of the log's thread is lost, and harms nobody") {
  auto before = spdlog::default_logger();
  auto threads = std::make_shared<spdlog::details::thread_pool>(1, 1);
  spdlog::set_default_logger(std::make_shared<spdlog::async_logger>(
      "bridgekeeper", std::make_shared<spdlog::sinks::null_sink_mt>(),
      threads));
  threads.reset();
  CHECK_NOTHROW(bridgekeeper::log::error("the last words: {}", 1));
  spdlog::set_default_logger(before);
}

// -- fields -------------------------------------------------------------------

namespace {

/// What one line with fields looks like.
std::string logged_with(std::unique_ptr<spdlog::formatter> format,
                        const bridgekeeper::log::fields& about,
                        const std::string& message) {
  std::ostringstream out;
  auto before = spdlog::default_logger();
  auto logger = std::make_shared<spdlog::logger>(
      "net", std::make_shared<spdlog::sinks::ostream_sink_st>(out));
  logger->set_formatter(std::move(format));
  spdlog::set_default_logger(logger);
  spdlog::set_level(spdlog::level::info);
  bridgekeeper::log::line(bridgekeeper::log::level::warn, about, "{}", message);
  spdlog::set_default_logger(before);
  return out.str();
}

} // namespace

TEST_CASE("fields are members of a JSON line") {
  auto x = nlohmann::json::parse(logged_with(
      make_json_format(),
      {.agent = "demo", .reason = "invalid_token", .peer = "10.0.0.1"},
      "refused"));
  CHECK(x.size() == 7);
  CHECK(x.at("message") == "refused");
  CHECK(x.at("agent") == "demo");
  CHECK(x.at("reason") == "invalid_token");
  CHECK(x.at("peer") == "10.0.0.1");
}

TEST_CASE("fields follow the sentence of a text line") {
  auto line = logged_with(make_text_format(),
                          {.agent = "demo", .message_id = "m-1"}, "done");
  CHECK(line.ends_with("net: done [agent=demo message_id=m-1]\n"));
  CHECK(logged_with(make_text_format(), {}, "done").ends_with("net: done\n"));
  CHECK(logged_with(make_text_format(), {.agent = "demo"}, "")
            .ends_with("net:  [agent=demo]\n"));
}

TEST_CASE("what is counted and measured is a number in a JSON line") {
  log::fields about{.session = "s-1",
                    .outcome = "completed",
                    .attempt = 2,
                    .queue_wait = std::chrono::milliseconds{7},
                    .duration = std::chrono::milliseconds{61'040},
                    .cost = micro_usd{1'250'000},
                    .trace_id = "4bf9"};
  auto x =
      nlohmann::json::parse(logged_with(make_json_format(), about, "done"));
  CHECK(x.size() == 11);
  CHECK(x.at("session_id") == "s-1");
  CHECK(x.at("outcome") == "completed");
  CHECK(x.at("attempt") == 2);
  CHECK(x.at("queue_wait_s") == 0.007);
  CHECK(x.at("duration_s") == 61.04);
  CHECK(x.at("cost_usd") == 1.25);
  CHECK(x.at("trace_id") == "4bf9");
  CHECK(logged_with(make_text_format(), about, "done")
            .ends_with("net: done [session_id=s-1 outcome=completed attempt=2 "
                       "queue_wait_s=0.007 duration_s=61.040 "
                       "cost_usd=1.250000 trace_id=4bf9]\n"));
}

TEST_CASE("no peer forges fields") {
  auto text = logged_with(make_text_format(),
                          {.agent = "a reason=none]\xE2\x80\xAE\x1b[2J"}, "x");
  CHECK(text.ends_with("x [agent=\"a reason=none]\\u202e\\u001b[2J\"]\n"));
  const std::string nasty = "a\x1f"
                            "b\x1f"
                            "c\x1f";
  auto json = nlohmann::json::parse(
      logged_with(make_json_format(), {.agent = nasty, .peer = "::1"}, nasty));
  CHECK(json.at("message") == nasty);
  CHECK(json.at("agent") == "a?b?c?");
  CHECK(json.at("peer") == "::1");
  CHECK(json.size() == 6);
  // A line without fields has none, whatever it says.
  CHECK(nlohmann::json::parse(logged(make_json_format(), nasty)).size() == 4);
}

TEST_CASE("a log line cannot be turned around on a terminal") {
  auto text = logged(make_text_format(), "a\xE2\x80\xAEz");
  CHECK(text.find("net: a\\u202ez") != std::string::npos);
  auto json = logged(make_json_format(), "a\xE2\x80\xAEz");
  CHECK(json.find("a\\u202ez") != std::string::npos);
}
