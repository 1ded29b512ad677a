#include "protocol/error_json.hpp"

#include <cstdint>

namespace bridgekeeper::protocol {

retry_delay delay_of(errc code, retry_delay known) noexcept {
  auto is_soon_over = describe(code).http_status == 503
                      || code == errc::too_many_attempts
                      || code == errc::too_many_answers;
  return known || !is_soon_over ? known : std::chrono::seconds{1};
}

json_writer& add_error_members(json_writer& out, errc code,
                               retry_delay retry_after) {
  const auto& reason = describe(code);
  out.string("code", reason.token).flag("retryable", reason.retry_helps);
  auto delay = delay_of(code, retry_after);
  return delay ? out.number("retry_after_s", std::int64_t{delay->count()})
               : out.null("retry_after_s");
}

std::string error_json(const failure& why, retry_delay retry_after) {
  json_writer out;
  out.string("detail", headline(why));
  if (auto text = hint(why); !text.empty())
    out.string("hint", text);
  return add_error_members(out, why.code, retry_after).finish();
}

} // namespace bridgekeeper::protocol
