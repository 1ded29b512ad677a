#include "domain/ids.hpp"

#include "domain/limits.hpp"

#include <boost/uuid/random_generator.hpp>
#include <boost/uuid/uuid_io.hpp>

#include <algorithm>
#include <cerrno>
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

/// Seeds a generator with a single system call. `std::random_device` makes one
/// for each of the 624 numbers.
struct kernel_entropy {
  using result_type = std::uint32_t;

  template <class Iterator>
  void generate(Iterator first, Iterator last) {
    std::vector<result_type> words(
        static_cast<std::size_t>(std::distance(first, last)));
    auto bytes = std::as_writable_bytes(std::span{words});
    while (!bytes.empty()) {
      auto got = getrandom(bytes.data(), bytes.size(), 0);
      if (got < 0 && errno != EINTR)
        throw std::system_error(errno, std::generic_category(), "getrandom");
      bytes =
          bytes.subspan(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    }
    std::copy(words.begin(), words.end(), first);
  }
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

} // namespace bridgekeeper
