#include "domain/hex.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace bridgekeeper;

TEST_CASE("each byte is two hexadecimal digits in lower case") {
  CHECK(to_hex({}).empty());
  CHECK(to_hex(std::array<unsigned char, 4>{0x00, 0x0f, 0xa5, 0xff})
        == "000fa5ff");
}
