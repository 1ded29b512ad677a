#include "app/metrics/process_figures.hpp"

#include <doctest/doctest.h>

#include <unistd.h>

using namespace bridgekeeper::metrics;

TEST_CASE("the figures of a process are read from its stat file") {
  auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  auto text = "7 (a ) b) S 1 7 7 0 -1 4194304 100 0 0 0 250 150 0 0 20 0 11 0 "
              "5000 123456789 300 18446744073709551615 1 1 0 0 0 0 0";
  auto found = parse_process_stat(text, 1'000'000);
  REQUIRE(found);
  CHECK(found->cpu_seconds == doctest::Approx(400 / ticks));
  CHECK(found->threads == 11);
  CHECK(found->start_seconds == doctest::Approx(1'000'000 + 5000 / ticks));
  CHECK(found->virtual_bytes == 123456789);
  CHECK(found->resident_bytes
        == 300 * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)));
}

TEST_CASE("a text that is not a stat file has no figures") {
  CHECK_FALSE(parse_process_stat("", 0));
  CHECK_FALSE(parse_process_stat("7 (x) S 1 2", 0));
  CHECK_FALSE(parse_process_stat(
      "7 (x) S 1 7 7 0 -1 4194304 100 0 0 0 x 150 0 0 20 0 11 0 5000 1 3", 0));
}

TEST_CASE("this process has figures") {
  auto found = read_process_figures();
  CHECK(found.resident_bytes > 0);
  CHECK(found.threads >= 1);
  CHECK(found.open_descriptors >= 3);
  CHECK(found.max_descriptors >= found.open_descriptors);
  CHECK(found.start_seconds > 1e9);
}
