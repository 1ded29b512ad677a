#include "actors/agent.hpp"
#include "actors/failure_errors.hpp"
#include "actors/tell.hpp"
#include "api/control_answers.hpp"
#include "api/control_channel.hpp"
#include "api/control_session.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace bridgekeeper::api {

namespace {

/// The limits of a bridge that has not registered yet.
net::websocket_options unregistered_options(const thread_context& context) {
  auto options = context.agent.session;
  options.max_frame = std::min(options.max_frame, max_registration_frame);
  options.budget = context.first_frames;
  return options;
}

} // namespace

void control_session_state::open_channel(const net::http_request&) {
  if (context->draining)
    return answer(error_answer({errc::draining, {}}));
  auto options = context->control.session;
  options.output = context->output;
  spawn_on(self->home_system(), context->home, control_channel, context,
           session->upgrade(options), current->from, current->login.who);
  self->quit();
}

// A stock bridge that is rejected here tries again; once it is connected, it
// would give up for good (contract section 1).
void control_session_state::admit_bridge(const net::http_request&) {
  if (context->draining)
    return reject_bridge(errc::draining);
  const auto& from = current->from;
  if (auth->rejects_bridge(from, longest_registration_hold))
    return reject_bridge(errc::too_many_attempts);
  std::shared_ptr<net::connection_ledger::place> place =
      context->ledger->try_enter(from.ip, from.is_foreign_page);
  if (!place)
    return reject_bridge(errc::too_many_connections);
  session->share_place(*place);
  spawn_on(self->home_system(), context->home, agent, context,
           session->upgrade(unregistered_options(*context)), std::move(place),
           from);
  self->quit();
}

void control_session_state::reject_bridge(errc why) {
  tell(*context,
       fact::bridge_rejected{why, current->from, context->deadlines.now()});
  auto refusal = error_answer({why, {}});
  refusal.is_last = why == errc::too_many_attempts;
  answer(std::move(refusal));
}

} // namespace bridgekeeper::api
