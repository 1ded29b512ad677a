#include "api/cost_reset.hpp"

#include "actors/store_port.hpp"
#include "actors/tell.hpp"

namespace bridgekeeper::api {

void reset_costs(thread_context& context, const origin& who) {
  auto before = context.admissions->reset_session(wall_clock_now());
  if (context.store)
    context.store->submit(store::upsert_session{.id = *context.control_session,
                                                .opened = wall_clock_now(),
                                                .spent = micro_usd{}});
  tell(context,
       fact::costs_reset{*context.control_session, who, before.session.spent});
}

} // namespace bridgekeeper::api
