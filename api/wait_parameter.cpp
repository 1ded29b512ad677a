#include "api/wait_parameter.hpp"

#include "api/query.hpp"
#include "protocol/dispatch_options_codec.hpp"

#include <charconv>

namespace bridgekeeper::api {

boost::system::result<std::optional<std::chrono::milliseconds>,
                      protocol::violation>
find_wait(std::string_view target) {
  auto text = query_value(target, "wait");
  if (!text)
    return std::optional<std::chrono::milliseconds>{};
  auto seconds = -1.0;
  auto last = text->data() + text->size();
  auto [end, error] = std::from_chars(text->data(), last, seconds);
  auto out = protocol::to_wait(seconds);
  if (error != std::errc{} || end != last || !out)
    return protocol::query_violation(
        "wait", *text, "float_parsing",
        "Input should be a number of seconds from 0 to a week");
  return out;
}

boost::system::result<std::optional<std::chrono::milliseconds>,
                      protocol::violation>
find_wait(std::string_view target,
          std::optional<std::chrono::milliseconds> in_body) {
  auto out = find_wait(target);
  if (!out || !in_body)
    return out;
  if (*out && **out != *in_body)
    return protocol::query_violation(
        "wait", *query_value(target, "wait"), "value_error",
        "wait differs from the member wait of the body; send only one of them");
  return in_body;
}

} // namespace bridgekeeper::api
