#include "domain/timestamp.hpp"

#include <cstddef>

namespace bridgekeeper {

namespace {

/// Parses a time from left to right; each step returns whether it succeeded.
class time_reader {
public:
  explicit time_reader(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool done() const noexcept {
    return rest_.empty();
  }

  [[nodiscard]] bool take(char x) noexcept {
    if (!rest_.starts_with(x))
      return false;
    rest_.remove_prefix(1);
    return true;
  }

  /// Reads a number of exactly this many digits, up to `limit`.
  [[nodiscard]] bool take(std::size_t digits, int limit, int& out) noexcept {
    if (rest_.size() < digits)
      return false;
    out = 0;
    for (auto c : rest_.substr(0, digits)) {
      if (c < '0' || c > '9')
        return false;
      out = out * 10 + (c - '0');
    }
    rest_.remove_prefix(digits);
    return out <= limit;
  }

  /// Reads up to six digits after the decimal point, as microseconds.
  [[nodiscard]] bool take_fraction(int& out) noexcept {
    out = 0;
    auto scale = 100'000;
    auto count = 0;
    for (int digit = 0; count < 6 && take(1, 9, digit); ++count, scale /= 10)
      out += digit * scale;
    return count > 0;
  }

private:
  std::string_view rest_;
};

/// Reads `Z`, or an offset from UTC in hours and minutes.
bool take_zone(time_reader& in, std::chrono::minutes& ahead) {
  if (in.take('Z') || in.take('z'))
    return true;
  auto sign = in.take('+') ? 1 : in.take('-') ? -1 : 0;
  int hours = 0;
  int minutes = 0;
  if (sign == 0 || !in.take(2, 23, hours) || !in.take(':')
      || !in.take(2, 59, minutes))
    return false;
  ahead = sign * (std::chrono::hours{hours} + std::chrono::minutes{minutes});
  return true;
}

/// Writes the last digits of `value` so that they end before `end`. Every event
/// and response has a timestamp, and with printf formatting it took more
/// instructions than everything else in them.
void write_digits(std::string& text, std::size_t end, std::size_t digits,
                  unsigned value) {
  for (; digits > 0; --digits, value /= 10)
    text[--end] = static_cast<char>('0' + value % 10);
}

} // namespace

std::string to_iso8601(timestamp x) {
  using namespace std::chrono;
  auto day = floor<days>(x);
  auto date = year_month_day{day};
  auto time = hh_mm_ss{x - day};
  std::string out = "0000-00-00T00:00:00.000000+00:00";
  write_digits(out, 4, 4, static_cast<unsigned>(static_cast<int>(date.year())));
  write_digits(out, 7, 2, static_cast<unsigned>(date.month()));
  write_digits(out, 10, 2, static_cast<unsigned>(date.day()));
  write_digits(out, 13, 2, static_cast<unsigned>(time.hours().count()));
  write_digits(out, 16, 2, static_cast<unsigned>(time.minutes().count()));
  write_digits(out, 19, 2, static_cast<unsigned>(time.seconds().count()));
  write_digits(out, 26, 6, static_cast<unsigned>(time.subseconds().count()));
  return out;
}

std::string to_iso8601_seconds(timestamp x) {
  constexpr std::size_t to_the_second = 19;
  return to_iso8601(x).substr(0, to_the_second) + "Z";
}

std::optional<timestamp> parse_iso8601(std::string_view text) {
  using namespace std::chrono;
  time_reader in{text};
  int y = 0;
  int m = 0;
  int d = 0;
  if (!in.take(4, 9999, y) || y < 1970 || !in.take('-') || !in.take(2, 12, m)
      || !in.take('-') || !in.take(2, 31, d))
    return std::nullopt;
  year_month_day date{year{y}, month{static_cast<unsigned>(m)},
                      day{static_cast<unsigned>(d)}};
  if (!date.ok())
    return std::nullopt;
  timestamp out{sys_days{date}};
  if (in.done())
    return out;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int fraction = 0;
  minutes ahead{0};
  if (!(in.take('T') || in.take('t') || in.take(' ')) || !in.take(2, 23, hour)
      || !in.take(':') || !in.take(2, 59, minute))
    return std::nullopt;
  if (in.take(':')) {
    if (!in.take(2, 59, second))
      return std::nullopt;
    if (in.take('.') && !in.take_fraction(fraction))
      return std::nullopt;
  }
  if (!take_zone(in, ahead) || !in.done())
    return std::nullopt;
  return out + hours{hour} + minutes{minute} + seconds{second}
         + microseconds{fraction} - ahead;
}

} // namespace bridgekeeper
