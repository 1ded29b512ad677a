#include "app/bridge/kept_results.hpp"
#include "app/scratch_dir.hpp"
#include "protocol/codec.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

using namespace bridgekeeper;
using app::kept_results;
using app::result_files;
using app::scratch_dir;

namespace {

response make_response(const std::string& id) {
  return {message_id{id}, agent_id{"a"}, "content of " + id, {}, {}};
}

/// A link that takes `room` frames.
struct fake_link {
  std::size_t room = 100;
  std::vector<std::string> frames = {};

  bool send_rest(kept_results& results) {
    return results.send_rest([this](const std::string& frame) {
      if (room == 0)
        return false;
      --room;
      frames.push_back(frame);
      return true;
    });
  }

  /// Takes the wire ids of what was sent.
  std::string sent() {
    std::string out;
    for (const auto& x : std::exchange(frames, {}))
      out += std::get<response>(*protocol::decode(x)).message.str();
    return out;
  }
};

kept_results with_files(const scratch_dir& directory) {
  return kept_results{
      std::make_unique<result_files>(directory.path(), agent_id{"a"})};
}

} // namespace

TEST_CASE("a result is sent once as long as the link lasts") {
  kept_results aut;
  fake_link link;
  aut.add(make_response("1"));
  CHECK(link.send_rest(aut));
  aut.add(make_response("2"));
  CHECK(link.send_rest(aut));
  CHECK(link.sent() == "12");
  CHECK(aut.size() == 2);
  CHECK_FALSE(aut.outlive_process());
}

TEST_CASE("results wait in order while the link's queue is full") {
  kept_results aut;
  for (auto id : {"1", "2", "3"})
    aut.add(make_response(id));
  fake_link link{.room = 2};
  CHECK_FALSE(link.send_rest(aut));
  CHECK(link.sent() == "12");
  link.room = 1;
  CHECK(link.send_rest(aut));
  CHECK(link.sent() == "3");
}

TEST_CASE("a new link gets every result that is not acknowledged") {
  kept_results aut;
  fake_link link;
  for (auto id : {"1", "2", "3"})
    aut.add(make_response(id));
  link.send_rest(aut);
  CHECK(aut.drop(message_id{"2"}));
  CHECK_FALSE(aut.drop(message_id{"2"}));
  std::ignore = link.sent();
  aut.send_all_again();
  CHECK(link.send_rest(aut));
  CHECK(link.sent() == "13");
}

TEST_CASE("a result that is asked for is sent again") {
  kept_results aut;
  fake_link link;
  aut.add(make_response("1"));
  aut.add(make_response("2"));
  link.send_rest(aut);
  std::ignore = link.sent();
  CHECK(aut.send_again(message_id{"2"}));
  CHECK_FALSE(aut.send_again(message_id{"3"}));
  link.send_rest(aut);
  CHECK(link.sent() == "2");
}

TEST_CASE("without acknowledgements, what was sent is dropped") {
  kept_results aut;
  aut.add(make_response("1"));
  aut.add(make_response("2"));
  fake_link link{.room = 1};
  link.send_rest(aut);
  CHECK(aut.drop_sent() == std::vector{message_id{"1"}});
  CHECK(aut.ids() == std::vector{message_id{"2"}});
}

TEST_CASE("results in files outlive the process until they are acknowledged") {
  scratch_dir directory;
  {
    auto earlier = with_files(directory);
    CHECK(earlier.outlive_process());
    earlier.add(make_response("1"));
    earlier.add(make_response("2"));
    CHECK(earlier.drop(message_id{"1"}));
  }
  {
    auto later = with_files(directory);
    CHECK(later.ids() == std::vector{message_id{"2"}});
    fake_link link;
    CHECK(link.send_rest(later));
    REQUIRE(link.frames.size() == 1);
    CHECK(link.frames[0] == protocol::encode(make_response("2")));
    CHECK(later.drop(message_id{"2"}));
  }
  CHECK(with_files(directory).empty());
}
