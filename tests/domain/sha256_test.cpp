#include "domain/sha256.hpp"

#include <doctest/doctest.h>

#include <thread>

using namespace bridgekeeper;

// The examples of FIPS 180-4 and of the NIST's test vectors.
TEST_CASE("a text's SHA-256 is the same however often it is asked for") {
  for (auto i = 0; i < 2; ++i) {
    CHECK(sha256_hex("")
          == "e3b0c44298fc1c149afbf4c8996fb924"
             "27ae41e4649b934ca495991b7852b855");
    CHECK(sha256_hex("abc")
          == "ba7816bf8f01cfea414140de5dae2223"
             "b00361a396177a9cb410ff61f20015ad");
    CHECK(sha256_hex(std::string(1'000'000, 'a'))
          == "cdc76e5c9914fb9281a1c7e284d73e67"
             "f1809a48a497200e046d39ccc7112cd0");
  }
}

TEST_CASE("each thread has a SHA-256 of its own") {
  std::string there;
  std::thread{[&] { there = sha256_hex("abc"); }}.join();
  CHECK(there == sha256_hex("abc"));
}
