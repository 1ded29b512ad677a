#include "store/dispatches/inbox.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

using namespace bridgekeeper;
using store::inbox;

namespace {

/// Operations with these tokens and contents of so many bytes.
std::vector<store::operation>
operations(std::uint64_t first, std::uint64_t count, std::size_t bytes = 0) {
  std::vector<store::operation> out;
  for (auto token = first; token < first + count; ++token) {
    store::insert_dispatch body;
    body.content = std::string(bytes, 'x');
    out.push_back({.body = std::move(body), .token = token});
  }
  return out;
}

/// Takes everything, batch by batch, and returns the sizes of the batches.
std::vector<std::size_t> sizes_of_batches(inbox& aut) {
  std::vector<std::size_t> out;
  std::uint64_t last = 0;
  aut.close();
  while (aut.wait(time_point::max())) {
    auto batch = aut.take();
    for (const auto& x : batch) {
      CHECK(x.token == last + 1);
      CHECK(x.thread == 3);
      last = x.token;
    }
    out.push_back(batch.size());
  }
  CHECK(aut.bytes() == 0);
  return out;
}

} // namespace

TEST_CASE("all that waits is one batch") {
  inbox aut;
  aut.put(3, operations(1, 10));
  aut.put(3, operations(11, 20));
  CHECK(aut.bytes() > 0);
  CHECK(sizes_of_batches(aut) == std::vector<std::size_t>{30});
}

TEST_CASE("a batch has at most so many operations, in their order") {
  inbox aut;
  aut.put(3, operations(1, 2 * inbox::max_operations + 7));
  CHECK(sizes_of_batches(aut)
        == std::vector<std::size_t>{inbox::max_operations,
                                    inbox::max_operations, 7});
}

TEST_CASE("a batch ends with the operation that makes it too large") {
  inbox aut;
  aut.put(3, operations(1, 5, inbox::max_bytes / 2));
  CHECK(sizes_of_batches(aut) == std::vector<std::size_t>{2, 2, 1});
}

TEST_CASE("what arrives meanwhile comes after the rest of a large batch") {
  inbox aut;
  aut.put(3, operations(1, inbox::max_operations + 1));
  CHECK(aut.take().size() == inbox::max_operations);
  aut.put(3, operations(inbox::max_operations + 2, 1));
  auto rest = aut.take();
  REQUIRE(rest.size() == 1);
  CHECK(rest[0].token == inbox::max_operations + 1);
  CHECK(aut.take().size() == 1);
  CHECK(aut.take().empty());
}
