#include "protocol/keyed_hash.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace bridgekeeper::protocol;

namespace {

/// Of test vectors: the key 00 01 .. 0f, and the text 00 01 .. of each length.
constexpr hash_key vector_key{0x0706050403020100U, 0x0f0e0d0c0b0a0908U};

std::string vector_text(std::size_t length) {
  std::string out;
  for (std::size_t i = 0; i < length; ++i)
    out += static_cast<char>(i);
  return out;
}

} // namespace

// The example of the paper's appendix A, and the first lines of the authors'
// test vectors.
TEST_CASE("secrets are recognised by SipHash-2-4") {
  auto of_length = [](std::size_t length) {
    return sip_hash<2, 4>(vector_text(length), vector_key);
  };
  CHECK(of_length(15) == 0xa129ca6149be45e5U);
  CHECK(of_length(0) == 0x726fdb47dd0e0e31U);
  CHECK(of_length(1) == 0x74f839c593dc67fdU);
  CHECK(of_length(8) == 0x93f5f5799a932462U);
}

// Computed apart from the program, in another language.
TEST_CASE("tables use SipHash-1-3") {
  auto of_length = [](std::size_t length) {
    return sip_hash<1, 3>(vector_text(length), vector_key);
  };
  CHECK(of_length(15) == 0xd320d86d2a519956U);
  CHECK(of_length(0) == 0xabac0158050fc4dcU);
  CHECK(of_length(1) == 0xc9f49bf37d57ca93U);
  CHECK(of_length(8) == 0x369095118d299a8eU);
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
