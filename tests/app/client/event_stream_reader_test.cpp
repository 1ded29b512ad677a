#include "app/client/event_stream_reader.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace bridgekeeper::app;

namespace {

/// What was read: `name(data)` for each event.
struct reading {
  event_stream_reader aut;
  std::string seen;

  void add(std::string_view bytes) {
    aut.add(bytes, [this](const stream_event& x) {
      seen += x.name + '(' + x.data + ')';
    });
  }
};

} // namespace

TEST_CASE("events of a stream are read one after the other") {
  reading x;
  x.add("retry: 3000\n\nid: e-1\nevent: a\ndata: {}\n\n: keep-alive\n\n"
        "id: e-2\r\nevent: b\r\ndata:1\r\ndata: 2\r\n\r\n");
  CHECK(x.seen == "a({})b(1\n2)");
  CHECK(x.aut.last_id() == "e-2");
}

TEST_CASE("events of a stream may arrive in any pieces") {
  constexpr std::string_view text = "id: e-1\nevent: a\ndata: x\n\n"
                                    "event: gap\ndata: {}\n\n";
  reading x;
  for (auto c : text)
    x.add({&c, 1});
  CHECK(x.seen == "a(x)gap({})");
  // An event without an id does not change the place.
  CHECK(x.aut.last_id() == "e-1");
}

TEST_CASE("an event that was cut off is not read and has no place") {
  reading x;
  x.add("id: e-1\nevent: a\ndata: x\n\nid: e-2\nevent: b\ndata: y\n");
  x.aut.restart();
  CHECK(x.seen == "a(x)");
  CHECK(x.aut.last_id() == "e-1");
  x.add("id: e-2\nevent: b\ndata: y\n\n");
  CHECK(x.seen == "a(x)b(y)");
}
