#pragma once

#include "actors/interfaces.hpp"
#include "actors/io_actor.hpp"
#include "actors/thread_context.hpp"
#include "domain/explaining_agents.hpp"
#include "domain/explaining_dispatches.hpp"
#include "store/dispatches/reader.hpp"

#include <caf/typed_response_promise.hpp>

#include <memory>
#include <optional>
#include <string>

namespace bridgekeeper::actors {

/// See interfaces.hpp. Collects what is known, step by step, and leaves the
/// explanation itself to `explain` (domain). Whatever cannot be asked at the
/// moment is left out.
struct explainer_state {
  static inline const char* name = "explainer";

  using self_type = io_actor<explainer_state, explainer_actor>;

  explicit explainer_state(explainer_actor::base* self_ptr) : self(self_ptr) {}

  /// Answers the question if nothing else has.
  ~explainer_state();

  explainer_actor::behavior_type make_behavior();

  caf::result<explanation_ptr> on_question(const explain_question& x);

  // -- agents -----------------------------------------------------------------

  void explain_agent();
  void add_agent_events();
  void add_report_of_agent();

  // -- dispatches -------------------------------------------------------------

  void explain_dispatch();
  void find_stored(const message_id& id);
  void find_by_short_id(const message_id& id);
  void find_remembered();
  void add_place();
  void add_agent_of_dispatch();

  // -- data -------------------------------------------------------------------

  explainer_actor::base* self;
  thread_context* context = nullptr;
  explain_question question;
  caf::typed_response_promise<explanation_ptr> promise;
  bool is_answered = false;
  agent_case agent;
  dispatch_case dispatch;
  /// What was looked for in vain, if the question is open.
  bool has_looked_for_agent = false;
  bool has_looked_for_dispatch = false;
  /// Lets answers of the store find out whether this actor has ended.
  std::shared_ptr<explainer_state*> anchor;

private:
  void answer(explanation x);
  void answer_reason(errc why);
  void fail(const failure& why);
  /// The question names neither an agent nor a dispatch: looks for the other,
  /// or fails.
  void not_found();
  void finish_agent();
  void finish_dispatch();

  /// A callback for a question to the store.
  template <class T, class Then>
  [[nodiscard]] store::reader::callback<T> from_store(Then then);

  /// Calls `then(agent_view)`, or `otherwise()` if the agent is unknown.
  template <class Then, class Otherwise>
  void find_agent(const agent_id& id, Then then, Otherwise otherwise);
  /// Calls `then(live_agent)`, or `then({})` if the agent has left meanwhile.
  template <class Then>
  void ask_for_report(const agent_id& id, Then then);
};

explainer_actor::behavior_type explainer(explainer_state::self_type* self,
                                         thread_context* context);

/// Starts an explainer on the thread of `context`. Any thread that may spawn
/// actors.
[[nodiscard]] explainer_actor start_explainer(caf::actor_system& system,
                                              thread_context& context);

} // namespace bridgekeeper::actors
