#include "domain/errc.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <string>

using namespace bridgekeeper;

TEST_CASE(
    "the protocol's document has every reason, with its status, its close "
    "code and whether trying again helps") {
  std::ifstream file{BRIDGEKEEPER_SOURCE_DIR "/docs/protocol.md"};
  std::string text{std::istreambuf_iterator<char>{file}, {}};
  REQUIRE_FALSE(text.empty());
  for (const auto& x : all_reasons()) {
    auto row = "\n| `" + std::string{x.token} + "` | "
               + std::to_string(x.http_status) + " | "
               + std::to_string(x.close_code) + " | "
               + (x.retry_helps ? "yes" : "no") + " | ";
    CAPTURE(row);
    CHECK(text.find(row) != std::string::npos);
  }
}
