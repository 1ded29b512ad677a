#include "app/bridge/agent_name.hpp"
#include "domain/ids.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;

TEST_CASE("a host's name becomes an agent's id") {
  CHECK(app::agent_id_from("build-7") == "build-7");
  CHECK(app::agent_id_from("build_7.example.org") == "build-7-example-org");
  CHECK(app::agent_id_from("--a..b--") == "a-b");
  CHECK(app::agent_id_from("b\xC3\xBCro") == "b-ro");
  CHECK(app::agent_id_from("") == "agent");
  CHECK(app::agent_id_from("...") == "agent");
}

TEST_CASE("an agent's id made of any name is valid") {
  CHECK(app::agent_id_from(std::string(200, 'x')).size() == 64);
  for (auto name : {std::string(63, 'x') + ".y", std::string(64, 'x') + ".y",
                    std::string(200, '.'), app::host_name()})
    CHECK(is_valid_agent_id(app::agent_id_from(name)));
}
