#include "domain/keyed_hash.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace bridgekeeper;

// The example of the paper's appendix A, and the first lines of the authors'
// test vectors: the key 00 01 .. 0f, the text 00 01 .. of each length.
TEST_CASE("secrets are recognised by SipHash-2-4") {
  constexpr std::array<std::uint64_t, 2> key{0x0706050403020100U,
                                             0x0f0e0d0c0b0a0908U};
  std::string text;
  auto of_length = [&](std::size_t count) {
    text.clear();
    for (std::size_t i = 0; i < count; ++i)
      text += static_cast<char>(i);
    return sip_hash(text, key);
  };
  CHECK(of_length(15) == 0xa129ca6149be45e5U);
  CHECK(of_length(0) == 0x726fdb47dd0e0e31U);
  CHECK(of_length(1) == 0x74f839c593dc67fdU);
  CHECK(of_length(8) == 0x93f5f5799a932462U);
}

TEST_CASE("texts have the same hash each time, and different ones others") {
  CHECK(keyed_hash("a") == keyed_hash("a"));
  CHECK(keyed_hash("a") != keyed_hash("b"));
  CHECK(keyed_string_hash{}("a") == keyed_hash("a"));
}

// A peer may learn something of a table's hashes from how long it takes.
TEST_CASE("the hash of a secret in a table tells nothing of its fingerprint") {
  CHECK(secret_fingerprint("a") == secret_fingerprint("a"));
  CHECK(secret_fingerprint("a") != secret_fingerprint("b"));
  CHECK(secret_fingerprint("a") != keyed_hash("a"));
}

// Murmur's fixed seed let a peer choose ids that share a bucket.
TEST_CASE("the hash of an id depends on more than the id") {
  std::string id = "build-1";
  CHECK(keyed_hash(id) != std::hash<std::string>{}(id));
}
