#include "app/console/console_client.hpp"
#include "app/scratch_dir.hpp"

#include <doctest/doctest.h>

#include <fstream>

using namespace bridgekeeper;
using namespace bridgekeeper::app;

namespace {

struct console_daemon_dir : scratch_dir {
  result<std::string> find(const std::string& file) {
    std::ofstream{path() / "daemon.json"} << file;
    return console::find_console({}, path().string());
  }
};

} // namespace

TEST_CASE_FIXTURE(console_daemon_dir, "a console is where the daemon of the "
                                      "data directory says") {
  CHECK(find(R"({"console":"127.0.0.1:9"})").value() == "127.0.0.1:9");
  CHECK(console::find_console("h:1", path().string()).value() == "h:1");
}

TEST_CASE_FIXTURE(console_daemon_dir, "without a daemon's word a console is "
                                      "looked for at the usual place") {
  CHECK(console::find_console({}, path().string()).value() == "127.0.0.1:8001");
  CHECK(find("{").value() == "127.0.0.1:8001");
  CHECK(find("{}").value() == "127.0.0.1:8001");
}

TEST_CASE_FIXTURE(console_daemon_dir, "a daemon without a console is not taken "
                                      "for another that has one") {
  auto found = find(R"({"console":null})");
  REQUIRE_FALSE(found.has_value());
  CHECK(found.error().code == errc::unavailable);
  CHECK(to_string(found.error()).find("--console off") != std::string::npos);
}
