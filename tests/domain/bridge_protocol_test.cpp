#include "domain/bridge_protocol.hpp"
#include "domain/limits.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>

using namespace bridgekeeper;

TEST_CASE("both ends speak the lower minor version") {
  constexpr auto old_one = bridge_protocol::v1_0;
  constexpr auto new_one = bridge_protocol::v1_1;
  for (auto [named, expected] : {
           std::pair{"", old_one}, {"1.0", old_one},
           {"1.1", new_one},       {"1.2", new_one},
           {"1.10", new_one},      {"1.99999999999999999999999999", new_one},
           {"2.0", old_one},       {"2.1", old_one},
           {"0.1", old_one},       {"11.1", old_one},
           {"1", old_one},         {"1.", old_one},
           {"1.01", old_one},      {"1.1.1", old_one},
           {"1.1 ", old_one},      {" 1.1", old_one},
           {"1.-1", old_one},      {"1.x", old_one},
           {"v1.1", old_one},
       }) {
    CAPTURE(named);
    CHECK(negotiate(named) == expected);
    CHECK(negotiate(named, "i-1") == expected);
    CHECK(negotiate(named, "") == old_one);
  }
}

TEST_CASE("a bridge without a valid instance id gets a 1.0 link") {
  for (auto [instance, valid] : {
           std::pair{std::string{}, false},
           {"a", true},
           {"0b9f2c34-9a55-4a6f-8f0e-000000000001", true},
           {std::string(max_instance_id_length, 'x'), true},
           {std::string(max_instance_id_length + 1, 'x'), false},
           {"a_b", false},
           {"a b", false},
           {"\u00e4", false},
       }) {
    CAPTURE(instance);
    CHECK(is_valid_instance_id(instance) == valid);
    CHECK((negotiate("1.1", instance) == bridge_protocol::v1_1) == valid);
  }
}

TEST_CASE("a label's key is 1 to 63 letters, digits or ._/-") {
  for (auto [key, valid] : {
           std::pair{std::string{}, false},
           {"gpu", true},
           {"example.com/zone_1-A", true},
           {std::string(max_label_key_length, 'k'), true},
           {std::string(max_label_key_length + 1, 'k'), false},
           {"a=b", false},
           {"a b", false},
           {"\u00e4", false},
       }) {
    CAPTURE(key);
    CHECK(is_valid_label_key(key) == valid);
  }
}

TEST_CASE("the name of a resume state gives that state again") {
  for (auto x :
       {resume_state::waiting, resume_state::running, resume_state::finished})
    CHECK(to_resume_state(to_string(x)) == x);
  for (auto name : {"", "Running", "done"})
    CHECK(to_resume_state(name) == std::nullopt);
}
