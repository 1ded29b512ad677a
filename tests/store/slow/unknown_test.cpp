#include "store/dispatches/failing_vfs.hpp"
#include "store/dispatches/scratch_store.hpp"

#include <doctest/doctest.h>

#include <cerrno>

using namespace bridgekeeper;
using namespace bridgekeeper::test;
using store::fault;
using store::outcome;

TEST_CASE("an insert whose fate is unknown for 5 s gets a second answer") {
  failures disk;
  scratch_store aut;
  aut.options.file.vfs = failing_vfs;
  aut.open();
  disk.fail(failures::call::sync, EIO);
  auto id = message_id{make_uuid_v7()};
  auto start = std::chrono::steady_clock::now();
  auto token = aut.submit({inserted(aut->writer().next_number(), id)}).front();
  auto first = aut.wait(token);
  CHECK(first.what == outcome::unknown);
  CHECK(first.why == fault::io_error);
  auto took = std::chrono::steady_clock::now() - start;
  CHECK(took >= std::chrono::seconds{5});
  CHECK(took < std::chrono::seconds{8});
  disk.clear();
  aut.wait_until([&] { return aut->state().trouble.load() == fault::none; });
  std::vector<outcome> answers;
  for (const auto& x : aut.completions())
    if (x.token == token)
      answers.push_back(x.what);
  REQUIRE(answers.size() == 2);
  // The second one is the truth.
  CHECK((answers[1] == outcome::applied) == aut.history(id).has_value());
}
