#pragma once

#include "actors/control/control_route.hpp"
#include "actors/control/stream_backlog.hpp"
#include "actors/interfaces.hpp"
#include "actors/io_actor.hpp"
#include "actors/thread_context.hpp"
#include "net/deadline_queue.hpp"
#include "net/http_session.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace bridgekeeper::actors {

/// The dispatch that the request at hand is about.
struct waiting_dispatch {
  message_id message;
  agent_id agent;
  /// Answer with the outcome, not with the acceptance.
  bool for_outcome = false;
  bool accepted = false;
  /// The wait was over before it was accepted.
  bool patience_over = false;
  protocol::timestamp since{};
};

/// See interfaces.hpp. Answers one request after the other; a request that asks
/// another actor is answered when that one answers.
struct control_session_state {
  static inline const char* name = "control-session";

  using self_type = io_actor<control_session_state, control_session_actor>;

  explicit control_session_state(control_session_actor::base* self_ptr)
    : self(self_ptr) {}

  ~control_session_state();

  control_session_actor::behavior_type make_behavior();

  void start(self_type* actor, thread_context& shared,
             std::shared_ptr<net::http_session> http);

  // -- requests ---------------------------------------------------------------

  void on_request(const net::http_request& request);
  void on_route(const route_match& match, const net::http_request& request);
  /// Sets `who`, or says why the request is refused.
  [[nodiscard]] std::optional<failure>
  check_token(const net::http_request& request, token_scope needed);
  /// Answers a request that has no token for it; one with a wrong token perhaps
  /// not at once.
  void refuse(const failure& why, const std::string& ip);
  void upgrade(route where, const net::http_request& request);
  void
      list_agents(net::http_response (*render)(const std::vector<agent_view>&));
  void show_agent(agent_id id);
  void show_task(agent_id id);
  void show_dispatch(message_id id);

  // -- dispatching ------------------------------------------------------------

  void dispatch(agent_id id, const net::http_request& request);
  void submit_order(const dispatch_order_ptr& order, unsigned attempt);
  void on_accepted(const message_id& id);
  void on_outcome(const dispatch_order& order, const dispatch_outcome& outcome);
  void on_failure(const dispatch_order& order, const failure& why);
  void on_wait_over();

  // -- event streams ----------------------------------------------------------

  void follow_events(agent_id id);
  void begin_stream();
  void follow();
  void on_event(const protocol::event_ptr& x);
  void on_history(const std::vector<protocol::event_ptr>& events, bool gap);
  void flush_stream();
  void keep_stream_alive();
  void on_core_replaced();
  void on_due();
  void on_tokens_changed();

  // -- data -------------------------------------------------------------------

  struct event_stream {
    agent_id agent;
    std::uint64_t seen = 0;
    stream_backlog backlog;
  };

  struct held_refusal {
    net::http_response response;
    std::unique_ptr<attempt_throttle::held_answer> place;
  };

  control_session_actor::base* self;
  thread_context* context = nullptr;
  std::shared_ptr<net::http_session> session;
  std::optional<waiting_dispatch> waiting;
  std::optional<event_stream> stream;
  /// What was asked of a core actor and is not answered yet: puts the question
  /// again.
  std::function<void()> question;
  std::size_t turns = 0;
  std::unique_ptr<net::deadline> deadline;
  std::unique_ptr<resident> residence;
  std::optional<held_refusal> held;
  /// Whose token the last request had; null if it was refused or needed none.
  token_grant_ptr who;
  /// The token that was let in last, so that a keep-alive connection does not
  /// pay for hashing it each time, and what it stands for; void when the table
  /// changes.
  std::string trusted_token;
  token_grant_ptr trusted;
  std::shared_ptr<const token_table> trusted_by;

private:
  void answer(net::http_response response);
  void answer_failure(const caf::error& error);

  /// Asks a core actor; once more if it died over the question.
  template <class Reply, class Whom, class OnReply, class... Ts>
  void ask(Whom core_handles::*whom, OnReply on_reply, Ts... words);
};

control_session_actor::behavior_type
control_session(control_session_state::self_type* self, thread_context* context,
                std::shared_ptr<net::http_session> session);

} // namespace bridgekeeper::actors
