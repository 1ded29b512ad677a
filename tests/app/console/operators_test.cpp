#include "app/console/operators.hpp"

#include <caf/atom.hpp>
#include <caf/binary_serializer.hpp>
#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

using namespace bridgekeeper;
using namespace bridgekeeper::console;

namespace {

caf::node_id make_node(std::uint32_t process) {
  caf::node_id::default_data::host_id_type host{};
  host.fill(static_cast<std::uint8_t>(0xA0 + process));
  return caf::make_node_id(process, host);
}

/// As CAF writes it.
std::string written(const caf::node_id& node) {
  std::vector<char> buffer;
  caf::binary_serializer sink{nullptr, buffer};
  REQUIRE_FALSE(sink(const_cast<caf::node_id&>(node)));
  return {buffer.begin(), buffer.end()};
}

} // namespace

TEST_CASE("a node id is read as CAF writes it") {
  auto node = make_node(0x01020304);
  CHECK(read_node(written(node)) == node);
}

TEST_CASE("an operator is known by the node of the client while it is "
          "connected") {
  auto all = std::make_shared<operators>();
  auto node = make_node(1);
  {
    operator_place aut{all, "boss"};
    CHECK(all->label_of(node).empty());
    CHECK(aut.take(written(node)));
    CHECK(aut.take(written(node)));
    CHECK(all->label_of(node) == "boss");
    CHECK(all->label_of(make_node(2)).empty());
  }
  CHECK(all->label_of(node).empty());
}

TEST_CASE("an operator cannot take the place of another") {
  auto all = std::make_shared<operators>();
  auto node = make_node(1);
  operator_place first{all, "boss"};
  REQUIRE(first.take(written(node)));
  {
    operator_place second{all, "intruder"};
    CHECK_FALSE(second.take(written(node)));
  }
  CHECK(all->label_of(node) == "boss");
}
