#include "app/text/quantity.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::app;

TEST_CASE("a duration is a number with a unit") {
  auto read = [](std::string_view x) {
    return parse_duration(x, bare_number::refused);
  };
  CHECK(read("500ms") == seconds{0.5});
  CHECK(read("30s") == seconds{30});
  CHECK(read("1.5 m") == seconds{90});
  CHECK(read("2h") == seconds{7200});
  CHECK(read("7d") == seconds{604'800});
}

TEST_CASE(
    "a number alone is a duration only where there are no other numbers") {
  CHECK(parse_duration("30", bare_number::accepted) == seconds{30});
  CHECK(parse_duration("0.25", bare_number::accepted) == seconds{0.25});
  CHECK_FALSE(parse_duration("30", bare_number::refused));
}

TEST_CASE("what is no duration is refused") {
  for (auto x : {"", "s", "-1", "+1", "1e400", "inf", "nan", "30 seconds",
                 "30s ", " 30s", "1:30", "0x10"}) {
    CAPTURE(x);
    CHECK_FALSE(parse_duration(x, bare_number::accepted));
  }
}

TEST_CASE("a size is a whole number with a unit") {
  auto read = [](std::string_view x) {
    return parse_size(x, bare_number::refused);
  };
  CHECK(read("512B") == 512);
  CHECK(read("64KiB") == 65'536);
  CHECK(read("16 MiB") == 16'777'216);
  CHECK(read("1GiB") == 1'073'741'824);
  CHECK(parse_size("65536", bare_number::accepted) == 65'536);
}

TEST_CASE("what is no size is refused") {
  for (auto x : {"", "KiB", "-1", "1.5KiB", "64KB", "64kib", "1TiB",
                 "18446744073709551616", "17179869184GiB"}) {
    CAPTURE(x);
    CHECK_FALSE(parse_size(x, bare_number::accepted));
  }
}

TEST_CASE("what is written can be read back") {
  for (auto x : {0.0, 0.05, 0.5, 30.0, 604'800.0, 1e6}) {
    auto text = format_seconds(seconds{x});
    CAPTURE(text);
    CHECK(parse_duration(text, bare_number::accepted) == seconds{x});
  }
  for (std::size_t x : {0, 1, 1023, 1024, 65'537, 16'777'216}) {
    auto text = format_size(x);
    CAPTURE(text);
    CHECK(parse_size(text, bare_number::refused) == x);
  }
  CHECK(format_seconds(seconds{0.5}) == "0.5");
  CHECK(format_size(16'777'216) == "16MiB");
  CHECK(format_size(1025) == "1025B");
}
