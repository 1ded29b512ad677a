#include "api/cost_reset.hpp"

#include "actors/tell.hpp"

namespace bridgekeeper::api {

void reset_costs(thread_context& context, const origin& who) {
  auto before = context.admissions->reset_session(wall_clock_now());
  tell(context,
       fact::costs_reset{*context.control_session, who, before.session.spent});
}

} // namespace bridgekeeper::api
