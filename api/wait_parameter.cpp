#include "api/wait_parameter.hpp"

#include "api/query.hpp"
#include "protocol/control_codec.hpp"

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
  auto limit = std::chrono::duration<double>{protocol::max_dispatch_timeout};
  if (error != std::errc{} || end != last || !(seconds >= 0)
      || seconds > limit.count())
    return protocol::query_violation(
        "wait", *text, "float_parsing",
        "Input should be a number of seconds from 0 to a week");
  return std::optional{std::chrono::ceil<std::chrono::milliseconds>(
      std::chrono::duration<double>{seconds})};
}

} // namespace bridgekeeper::api
