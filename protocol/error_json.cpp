#include "protocol/error_json.hpp"

#include <cstdint>

namespace bridgekeeper::protocol {

json_writer& add_error_members(json_writer& out, errc code,
                               retry_delay retry_after) {
  const auto& reason = describe(code);
  out.string("code", reason.token).flag("retryable", reason.retry_helps);
  return retry_after
             ? out.number("retry_after_s", std::int64_t{retry_after->count()})
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
