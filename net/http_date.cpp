#include "net/http_date.hpp"

#include <array>
#include <cstdio>

namespace bridgekeeper::net {

namespace {

// Not strftime's names, which depend on the locale.
constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

} // namespace

std::string http_date(std::time_t when) {
  std::tm x{};
  ::gmtime_r(&when, &x);
  std::array<char, 64> out{};
  std::snprintf(out.data(), out.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                days.at(static_cast<std::size_t>(x.tm_wday)), x.tm_mday,
                months.at(static_cast<std::size_t>(x.tm_mon)), x.tm_year + 1900,
                x.tm_hour, x.tm_min, x.tm_sec);
  return out.data();
}

std::string_view http_date_now() {
  thread_local std::time_t made_at = -1;
  thread_local std::string text;
  auto now = std::time(nullptr);
  if (now != made_at) {
    text = http_date(now);
    made_at = now;
  }
  return text;
}

} // namespace bridgekeeper::net
