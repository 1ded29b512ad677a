#include "bench/http_head.hpp"

#include <boost/beast/core/string.hpp>

#include <algorithm>
#include <charconv>

namespace bridgekeeper::bench {

namespace {

template <class Number>
void read_number(std::string_view text, Number& out) {
  std::from_chars(text.data(), text.data() + text.size(), out);
}

void take_field(http_head& head, std::string_view line) {
  using boost::beast::iequals;
  auto colon = line.find(':');
  if (colon == std::string_view::npos)
    return;
  auto name = line.substr(0, colon);
  auto value = line.substr(colon + 1);
  value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
  if (iequals(name, "content-length"))
    read_number(value, head.content_length);
  else if (iequals(name, "transfer-encoding"))
    head.chunked = iequals(value, "chunked");
}

} // namespace

std::optional<http_head> parse_head(std::string_view bytes) {
  auto end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos)
    return std::nullopt;
  http_head out;
  out.size = end + 4;
  auto rest = bytes.substr(0, end);
  auto space = rest.find(' ');
  if (space != std::string_view::npos)
    read_number(rest.substr(space + 1), out.status);
  while (true) {
    auto line_end = rest.find("\r\n");
    if (line_end == std::string_view::npos)
      return out;
    rest.remove_prefix(line_end + 2);
    take_field(out, rest.substr(0, rest.find("\r\n")));
  }
}

} // namespace bridgekeeper::bench
