#include "domain/ids.hpp"

#include "domain/limits.hpp"
#include "domain/timestamp.hpp"

#include <boost/uuid/random_generator.hpp>
#include <boost/uuid/uuid.hpp>
#include <boost/uuid/uuid_io.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <random>
#include <span>
#include <sys/random.h>
#include <system_error>
#include <vector>

namespace bridgekeeper {

namespace {

/// Fills `bytes` with random numbers of the system's generator.
void fill_randomly(std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    auto got = getrandom(bytes.data(), bytes.size(), 0);
    if (got < 0 && errno != EINTR)
      throw std::system_error(errno, std::generic_category(), "getrandom");
    bytes = bytes.subspan(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  }
}

/// Seeds a generator with a single system call. `std::random_device` makes one
/// for each of the 624 numbers.
struct kernel_entropy {
  using result_type = std::uint32_t;

  template <class Iterator>
  void generate(Iterator first, Iterator last) {
    std::vector<result_type> words(
        static_cast<std::size_t>(std::distance(first, last)));
    fill_randomly(std::as_writable_bytes(std::span{words}));
    std::copy(words.begin(), words.end(), first);
  }
};

/// Random bytes that are fetched from the system in batches, because a system
/// call costs more than the rest of a UUID.
class entropy_reserve {
public:
  static constexpr std::size_t capacity = 1'280;

  /// The next bytes; at most `capacity`. Valid until the next call.
  std::span<const std::byte> take(std::size_t count) {
    if (capacity - used_ < count) {
      fill_randomly(bytes_);
      used_ = 0;
    }
    used_ += count;
    return std::span{bytes_}.subspan(used_ - count, count);
  }

private:
  std::array<std::byte, capacity> bytes_{};
  std::size_t used_ = capacity;
};

} // namespace

bool is_valid_agent_id(std::string_view text) noexcept {
  auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9') || c == '-';
  };
  return !text.empty() && text.size() <= max_agent_id_length
         && std::all_of(text.begin(), text.end(), allowed);
}

agent_id make_agent_id(std::string_view name) {
  constexpr std::size_t random_digits = 6;
  std::string out;
  for (auto c : name) {
    auto is_upper = c >= 'A' && c <= 'Z';
    if (is_upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
      out += is_upper ? static_cast<char>(c - 'A' + 'a') : c;
    else if (!out.empty() && out.back() != '-')
      out += '-';
    if (out.size() + 1 + random_digits == max_agent_id_length)
      break;
  }
  if (!out.empty() && out.back() == '-')
    out.pop_back();
  if (out.empty())
    out = "agent";
  return agent_id{out + '-' + make_uuid().substr(0, random_digits)};
}

std::string make_uuid() {
  thread_local auto engine = [] {
    kernel_entropy seed;
    return std::mt19937{seed};
  }();
  thread_local boost::uuids::basic_random_generator<std::mt19937> generate{
      engine};
  return boost::uuids::to_string(generate());
}

std::string make_uuid_v7() {
  thread_local entropy_reserve reserve;
  constexpr std::size_t time_size = 6;
  boost::uuids::uuid out;
  auto ms = std::chrono::floor<std::chrono::milliseconds>(wall_clock_now())
                .time_since_epoch()
                .count();
  for (auto i = time_size; i-- > 0; ms >>= 8)
    out.data[i] = static_cast<std::uint8_t>(ms & 0xff);
  auto random = reserve.take(out.size() - time_size);
  std::transform(random.begin(), random.end(), out.begin() + time_size,
                 [](auto x) { return std::to_integer<std::uint8_t>(x); });
  out.data[6] = static_cast<std::uint8_t>((out.data[6] & 0x0f) | 0x70);
  out.data[8] = static_cast<std::uint8_t>((out.data[8] & 0x3f) | 0x80);
  return boost::uuids::to_string(out);
}

} // namespace bridgekeeper
