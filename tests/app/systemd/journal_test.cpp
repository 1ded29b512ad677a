#include "app/log/journal_sink.hpp"
#include "app/systemd/journal_socket.hpp"
#include "app/systemd/receiver.hpp"
#include "log/log_line.hpp"

#include <doctest/doctest.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

using namespace bridgekeeper;
using namespace bridgekeeper::app;
using bridgekeeper::test::datagram_receiver;

namespace {

std::string own_name() {
  return "@bridgekeeper-journal-" + std::to_string(::getpid());
}

/// The entry that one line becomes.
std::string sent(const log::fields& about, const std::string& text,
                 log::level level = log::level::warn) {
  datagram_receiver journal{own_name()};
  auto before = spdlog::default_logger();
  spdlog::set_default_logger(std::make_shared<spdlog::logger>(
      "bridgekeeper",
      std::make_shared<journal_sink>(
          "bridgekeeper", [] { return std::size_t{0}; }, own_name())));
  spdlog::set_level(spdlog::level::info);
  log::line(level, about, "{}", text);
  spdlog::set_default_logger(before);
  return journal.next();
}

} // namespace

TEST_CASE("a line with fields is an entry with fields in the journal") {
  CHECK(sent({.agent = "demo",
              .message_id = "m-1",
              .session = "s-1",
              .outcome = "failed",
              .reason = "task_failed",
              .attempt = 2,
              .queue_wait = std::chrono::milliseconds{1500},
              .duration = std::chrono::milliseconds{61'001},
              .cost = micro_usd{250'000},
              .peer = "10.0.0.1",
              .trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"},
             "it ended", log::level::info)
        == "MESSAGE=it ended\nPRIORITY=6\nSYSLOG_IDENTIFIER=bridgekeeper\n"
           "BRIDGEKEEPER_AGENT=demo\nBRIDGEKEEPER_DISPATCH=m-1\n"
           "BRIDGEKEEPER_SESSION=s-1\nBRIDGEKEEPER_OUTCOME=failed\n"
           "BRIDGEKEEPER_REASON=task_failed\nBRIDGEKEEPER_ATTEMPT=2\n"
           "BRIDGEKEEPER_QUEUE_WAIT_S=1.500\nBRIDGEKEEPER_DURATION_S=61.001\n"
           "BRIDGEKEEPER_COST_USD=0.250000\nBRIDGEKEEPER_PEER=10.0.0.1\n"
           "BRIDGEKEEPER_TRACE_ID=4bf92f3577b34da6a3ce929d0e0e4736\n");
}

TEST_CASE("nobody forges a field of the journal with a line break") {
  using namespace std::string_literals;
  CHECK(sent({.agent = "a\nPRIORITY=0"}, "one\ntwo")
        == "MESSAGE\n\x07\0\0\0\0\0\0\0one\ntwo\nPRIORITY=4\n"
           "SYSLOG_IDENTIFIER=bridgekeeper\n"
           "BRIDGEKEEPER_AGENT\n\x0c\0\0\0\0\0\0\0a\nPRIORITY=0\n"s);
}

TEST_CASE("an entry that is too large for a datagram is sent as a file") {
  std::string text(500'000, 'x');
  CHECK(sent({}, text)
        == "MESSAGE=" + text
               + "\nPRIORITY=4\nSYSLOG_IDENTIFIER=bridgekeeper\n");
}

TEST_CASE("levels become the priorities of syslog") {
  auto priority = [](log::level level) {
    auto text = sent({}, "x", level);
    return text.substr(text.find("PRIORITY="), 10);
  };
  CHECK(priority(log::level::critical) == "PRIORITY=2");
  CHECK(priority(log::level::error) == "PRIORITY=3");
  CHECK(priority(log::level::warn) == "PRIORITY=4");
  CHECK(priority(log::level::info) == "PRIORITY=6");
}

TEST_CASE("while the journal is away, lines go to standard error") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  auto before = ::dup(STDERR_FILENO);
  ::dup2(ends[1], STDERR_FILENO);
  spdlog::logger logger{
      "bridgekeeper",
      std::make_shared<journal_sink>(
          "bridgekeeper", [] { return std::size_t{0}; }, "/no/such/journal")};
  logger.set_pattern("%v");
  logger.error("listen");
  ::dup2(before, STDERR_FILENO);
  ::close(before);
  std::string text(100, '\0');
  auto size = ::read(ends[0], text.data(), text.size());
  ::close(ends[0]);
  ::close(ends[1]);
  CHECK(text.substr(0, static_cast<std::size_t>(size)) == "<3>listen\n");
}

TEST_CASE("the journal is recognized by what standard error is") {
  struct stat found {};
  REQUIRE(::fstat(STDERR_FILENO, &found) == 0);
  auto device = std::to_string(found.st_dev);
  CHECK(is_journal_stream(STDERR_FILENO,
                          device + ":" + std::to_string(found.st_ino)));
  // Another file, such as that of a redirection.
  CHECK_FALSE(is_journal_stream(
      STDERR_FILENO, device + ":" + std::to_string(found.st_ino + 1)));
  CHECK_FALSE(is_journal_stream(STDERR_FILENO, ""));
  CHECK_FALSE(is_journal_stream(-1, "0:0"));
}
