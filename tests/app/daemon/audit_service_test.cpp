#include "actors/audit_teller.hpp"
#include "app/daemon/audit_service.hpp"
#include "app/scratch_dir.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <doctest/doctest.h>
#include <spdlog/spdlog.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

using namespace bridgekeeper;
using namespace bridgekeeper::app;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

struct service_world {
  explicit service_world(bool required = false) {
    spdlog::set_level(spdlog::level::off);
    values.audit.path = path.string();
    values.audit.required = required;
    service.open(system, values, actor_stats);
  }

  ~service_world() {
    service.close();
    CHECK(eventually([this] { return actor_stats->rows().empty(); }));
    spdlog::set_level(spdlog::level::info);
  }

  void note() {
    actors::audit_teller{service.sink()}(
        fact::token_accepted{fact::gate::http, origin{"192.0.2.1", {}}});
  }

  /// Looks after the trail, `after` so long, until `condition` holds.
  template <class Condition>
  bool eventually(Condition condition, std::chrono::seconds after = 0s) {
    auto end = clock::now() + 20s;
    while (!condition()) {
      may_go_on = service.keep(clock::now() + after);
      if (clock::now() > end)
        return false;
      std::this_thread::yield();
    }
    return true;
  }

  [[nodiscard]] std::string text() const {
    std::ifstream in{path};
    return {std::istreambuf_iterator<char>{in}, {}};
  }

  [[nodiscard]] bool says(const std::string& word) const {
    return text().find(word) != std::string::npos;
  }

  using clock = std::chrono::steady_clock;

  scratch_dir dir;
  fs::path path = dir.path() / "audit.log";
  config values;
  std::shared_ptr<actor_statistics> actor_stats =
      std::make_shared<actor_statistics>();
  caf::actor_system_config system_config;
  caf::actor_system system{system_config};
  audit_service service;
  bool may_go_on = true;
};

} // namespace

TEST_CASE("an audit trail that dies is started again, and the log says what "
          "is missing") {
  service_world world;
  world.note();
  CHECK(world.eventually([&] { return world.says("auth_success"); }));
  REQUIRE(world.service.kill());
  CHECK(world.eventually([&] { return !world.service.is_open(); }));
  CHECK(world.service.sink().is_losing());
  CHECK_FALSE(world.service.kill());
  world.note();
  // A trail that was short-lived gets a successor only after a while.
  CHECK(world.service.keep(service_world::clock::now()));
  CHECK_FALSE(world.service.is_open());
  CHECK(world.eventually([&] { return world.service.is_open(); }, 11s));
  CHECK_FALSE(world.service.sink().is_losing());
  world.note();
  CHECK(world.eventually([&] { return world.says("audit_gap"); }));
  CHECK(world.may_go_on);
}

TEST_CASE("a trail whose file cannot be had is tried again, and does without "
          "it meanwhile") {
  service_world world;
  REQUIRE(world.service.kill());
  CHECK(world.eventually([&] { return !world.service.is_open(); }));
  fs::remove(world.path);
  fs::create_directory(world.path);
  for (auto after : {11s, 22s, 33s}) {
    CHECK(world.service.keep(service_world::clock::now() + after));
    CHECK_FALSE(world.service.is_open());
  }
  fs::remove(world.path);
  CHECK(world.eventually([&] { return world.service.is_open(); }, 44s));
}

TEST_CASE("where the audit log is required, the daemon does not go on without "
          "it") {
  service_world world{true};
  world.note();
  CHECK(world.eventually([&] { return world.says("auth_success"); }));
  CHECK(world.may_go_on);
  SUBCASE("because its trail died and cannot be started at once") {
    REQUIRE(world.service.kill());
    CHECK(world.eventually([&] { return !world.may_go_on; }));
  }
  SUBCASE("because it cannot be written") {
    fs::rename(world.path, world.path.string() + ".moved");
    fs::create_directory(world.path);
    world.note();
    CHECK(world.eventually([&] { return !world.may_go_on; }));
  }
}

TEST_CASE("a daemon that audits nothing needs no trail") {
  audit_service service;
  CHECK(service.keep({}));
  CHECK_FALSE(service.kill());
  CHECK_FALSE(service.sink().is_losing());
}
