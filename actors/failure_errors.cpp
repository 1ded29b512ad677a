#include "actors/failure_errors.hpp"

#include <caf/message.hpp>
#include <caf/sec.hpp>

namespace bridgekeeper::actors {

caf::error to_error(const failure& x) {
  auto code = static_cast<uint8_t>(x.code);
  if (x.detail.empty())
    return caf::error{code, reason_category};
  return caf::error{code, reason_category, caf::make_message(x.detail)};
}

failure to_failure(const caf::error& x) {
  if (x.category() != reason_category)
    return {is_unhandled(x) ? errc::unavailable : errc::internal, {}};
  failure out{bridgekeeper::to_errc(x.code()).value_or(errc::internal), {}};
  if (x.context().match_elements<std::string>())
    out.detail = x.context().get_as<std::string>(0);
  return out;
}

bool is_unhandled(const caf::error& x) {
  return x == caf::sec::request_receiver_down;
}

} // namespace bridgekeeper::actors
