#include "protocol/json_slices.hpp"
#include "protocol/json_writer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <string>

using namespace bridgekeeper;
using namespace bridgekeeper::protocol;

namespace {

std::string in_json(const std::string& text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

/// What the slices make, put together; the largest of them in `largest`.
std::string joined(json_slices& aut, std::size_t size, std::size_t& largest) {
  std::string out;
  largest = 0;
  while (auto x = aut.next(size)) {
    largest = std::max(largest, x->size());
    out += *x;
  }
  return out;
}

} // namespace

TEST_CASE("a text in slices is the text as a whole, however it is cut") {
  auto text = std::string{"plain \"quoted\" grüße €, 😀\n\x01 "};
  text += std::string(1, '\0');
  for (auto i = 0; i < 3; ++i)
    text += text;
  for (std::size_t size = 1; size < 80; ++size) {
    json_slices aut;
    aut.add("{\"a\":");
    aut.add_string(text);
    aut.add(",\"b\":");
    aut.add_string("");
    aut.add("}");
    std::size_t largest = 0;
    CAPTURE(size);
    CHECK(joined(aut, size, largest)
          == "{\"a\":" + in_json(text) + ",\"b\":\"\"}");
  }
}

TEST_CASE("bytes that are no UTF-8 do not stop slices, and stay valid JSON") {
  json_slices aut;
  auto text = std::string(50, '\x80');
  aut.add_string(text);
  std::size_t largest = 0;
  auto made = joined(aut, 7, largest);
  CHECK(made.starts_with('"'));
  CHECK(made.ends_with('"'));
  CHECK(made.find('\x80') == std::string::npos);
  CHECK(made.find("\xEF\xBF\xBD") != std::string::npos);
}

TEST_CASE("no slice of a long string is much longer than asked") {
  json_slices aut;
  std::string text(1'000'000, 'x');
  aut.add_string(text);
  std::size_t largest = 0;
  CHECK(joined(aut, 1000, largest).size() == text.size() + 2);
  CHECK(largest <= 1002);
}

TEST_CASE("what slices are made of is let go of with the last of them") {
  auto text = std::make_shared<std::string>("text");
  json_slices aut{text};
  aut.add_string(*text);
  CHECK(text.use_count() == 2);
  CHECK(aut.next(100) == in_json("text"));
  CHECK(text.use_count() == 1);
  CHECK_FALSE(aut.next(100));
}
