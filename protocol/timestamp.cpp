#include "protocol/timestamp.hpp"

#include <array>
#include <cstdio>

namespace bridgekeeper::protocol {

std::string to_iso8601(timestamp x) {
  using namespace std::chrono;
  auto day = floor<days>(x);
  auto date = year_month_day{day};
  auto time = hh_mm_ss{x - day};
  std::array<char, 48> buf;
  auto length = std::snprintf(
      buf.data(), buf.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%06d+00:00",
      static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
      static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
      static_cast<int>(time.minutes().count()),
      static_cast<int>(time.seconds().count()),
      static_cast<int>(time.subseconds().count()));
  return {buf.data(), static_cast<std::size_t>(length)};
}

} // namespace bridgekeeper::protocol
