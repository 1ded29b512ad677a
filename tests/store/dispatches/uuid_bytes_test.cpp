#include "store/dispatches/uuid_bytes.hpp"

#include <doctest/doctest.h>

#include <string>

namespace bridgekeeper::store {

namespace {

const std::string sample = "0198c5f2-7d3e-7abc-8def-0123456789ab";

std::string text_of(const uuid_bytes& x) {
  return to_uuid_text({x.data(), x.size()});
}

} // namespace

TEST_CASE("a UUID gets its text back") {
  auto bytes = to_uuid(sample);
  REQUIRE(bytes);
  CHECK(text_of(*bytes) == sample);
  CHECK(text_of(uuids_from(sample)->first) == sample);
  CHECK(text_of(uuids_from(sample)->last) == sample);
}

TEST_CASE("a text that differs from a UUID in one character is not one") {
  for (std::size_t i = 0; i < sample.size(); ++i)
    for (char wrong :
         {'g', 'A', ' ', '\0', '\xff', sample[i] == '-' ? '0' : '-'}) {
      auto text = sample;
      text[i] = wrong;
      CAPTURE(i);
      CHECK(!to_uuid(text));
    }
  CHECK(!to_uuid(sample.substr(1)));
  CHECK(!to_uuid(sample + '0'));
  CHECK(!to_uuid(""));
}

TEST_CASE("the beginning of a UUID selects those that start with it") {
  auto range = uuids_from("0198c5f2-7");
  REQUIRE(range);
  CHECK(text_of(range->first) == "0198c5f2-7000-0000-0000-000000000000");
  CHECK(text_of(range->last) == "0198c5f2-7fff-ffff-ffff-ffffffffffff");
}

} // namespace bridgekeeper::store
