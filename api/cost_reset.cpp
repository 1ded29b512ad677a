#include "api/cost_reset.hpp"

#include "net/log_line.hpp"

namespace bridgekeeper::api {

void reset_costs(thread_context& context, const origin& who) {
  auto before = context.admissions->reset_session(wall_clock_now());
  net::log_line(spdlog::level::info, {.peer = who.ip},
                "session spending was reset to 0 by {} from {}; it was {}",
                who.token, who.ip, to_string(before.session.spent));
  context.audit.session_costs_reset(*context.control_session, who,
                                    before.session.spent.to_usd());
}

} // namespace bridgekeeper::api
