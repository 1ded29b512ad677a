// Why things are as they are.

#include "actors/explainer.hpp"
#include "actors/failure_errors.hpp"
#include "api/control_answers.hpp"
#include "api/control_session.hpp"
#include "protocol/explanation_json.hpp"

#include <utility>

namespace bridgekeeper::api {

void control_session_state::explain_agent(agent_id id,
                                          const net::http_request&) {
  explain({id.str(), explained_kind::agent});
}

void control_session_state::explain_dispatch(const net::http_request&) {
  explain({current->match.parameter, explained_kind::dispatch});
}

void control_session_state::explain_reason(const net::http_request&) {
  explain({current->match.parameter, explained_kind::reason});
}

void control_session_state::explain(explain_question question) {
  // A later request has another number, so a late answer is ignored.
  auto is_current = [this, turn = ++turns] { return turn == turns && current; };
  self->request(actors::start_explainer(self->home_system(), *context),
                caf::infinite, explain_atom_v, std::move(question))
      .then(
          [this, is_current](const explanation_ptr& x) {
            if (is_current())
              answer(json_answer(protocol::encode(*x)));
          },
          [this, is_current](const caf::error& error) {
            if (is_current())
              answer_failure(error);
          });
}

} // namespace bridgekeeper::api
