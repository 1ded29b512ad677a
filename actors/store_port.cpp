#include "actors/store_port.hpp"

#include "net/error_boundary.hpp"

#include <utility>

namespace bridgekeeper::actors {

errc to_errc(store::fault x) noexcept {
  switch (x) {
  case store::fault::none:
    break;
  case store::fault::full:
    return errc::store_full;
  case store::fault::io_error:
    return errc::store_unknown;
  case store::fault::busy:
    return errc::store_busy;
  case store::fault::corrupt:
    return errc::store_corrupt;
  case store::fault::read_only:
    return errc::store_read_only;
  case store::fault::newer_schema:
    return errc::store_newer;
  }
  return errc::internal;
}

failure to_failure(const store::completion& x) {
  if (x.what == store::outcome::key_conflict)
    return {errc::idempotency_conflict, {}};
  return {x.what == store::outcome::unknown ? errc::store_unknown
                                            : to_errc(x.why),
          {}};
}

store_port::store_port(store::dispatch_store& all,
                       const store_deliveries& deliveries,
                       store::durability level, std::size_t thread, poster post)
  : all_(all), deliveries_(deliveries), level_(level),
    thread_(static_cast<std::uint32_t>(thread)), post_(std::move(post)) {}

void store_port::submit(store::operation_body x) {
  add({.body = std::move(x), .level = level_});
}

void store_port::submit(store::operation_body x, sequel then,
                        std::optional<durability> level) {
  auto token = ++last_token_;
  sequels_.emplace(token, std::move(then));
  add({.body = std::move(x), .token = token, .level = level.value_or(level_)});
}

void store_port::add(store::operation x) {
  outbox_.push_back(std::move(x));
  if (!std::exchange(is_flush_posted_, true))
    post_([this] {
      is_flush_posted_ = false;
      flush();
    });
}

void store_port::flush() {
  all_.writer().submit(thread_, std::exchange(outbox_, {}));
}

void store_port::complete(const std::vector<store::completion>& x) {
  for (const auto& done : x) {
    auto pos = sequels_.find(done.token);
    if (pos == sequels_.end())
      continue;
    // Taken out first, because a sequel may submit operations.
    auto then = std::move(pos->second);
    sequels_.erase(pos);
    net::contain("what follows a commit", [&] { then(done); });
    if (done.what == store::outcome::unknown)
      sequels_.emplace(done.token, std::move(then));
  }
  // Operations of the sequels need not wait for another turn.
  flush();
}

} // namespace bridgekeeper::actors
