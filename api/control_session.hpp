#pragma once

#include "actors/caf_compat.hpp"
#include "actors/interfaces.hpp"
#include "actors/io_actor.hpp"
#include "api/answer_parts.hpp"
#include "api/event_feed.hpp"
#include "api/routes.hpp"
#include "api/thread_context.hpp"
#include "net/deadline_queue.hpp"
#include "net/http_session.hpp"
#include "net/secret_text.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace bridgekeeper::api {

/// The dispatch that the request at hand is about.
struct waiting_dispatch {
  dispatch_order_ptr order;
  /// Answer with the outcome, not with the acceptance.
  bool for_outcome = false;
  bool accepted = false;
  /// The wait was over before it was accepted.
  bool patience_over = false;
  timestamp since{};
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

  // -- requests (control_session.cpp) -----------------------------------------

  void on_request(const net::http_request& request);
  /// Whether its body will be looked at: who may not send it is refused first.
  [[nodiscard]] bool wants_body(const net::http_request& request);

  /// The session refuses the request itself; adds what every answer has.
  void decorate(const net::http_request& request,
                net::http_response& refusal) const;
  void on_route(const route_match& match, const net::http_request& request);
  void on_agent_route(route where, agent_id id,
                      const net::http_request& request);
  void on_session_route(route where, session_id id,
                        const net::http_request& request);
  /// The token of a request. `is_trusted`: the connection's last request had
  /// the same one, it was accepted, and it is still valid.
  struct presented_token {
    net::secret_text text;
    bool is_trusted = false;
  };

  /// What `wants_body` has found out about the request whose body comes next,
  /// so that it need not be looked at again.
  struct request_header {
    route_match match;
    token_grant_ptr who;
    std::shared_ptr<const token_table> by;
  };

  [[nodiscard]] presented_token
  look_at_token(const net::http_request& request) const;
  [[nodiscard]] bool is_trusted(std::string_view token) const;
  [[nodiscard]] bool is_still_good(const request_header& x) const;
  /// Sets `who`, or says why the request is refused. `from` says already where
  /// it comes from.
  [[nodiscard]] std::optional<failure>
  check_token(const net::http_request& request,
              const presented_token& presented, token_scope needed);
  /// Whether the request's token may not be looked at yet, because its address
  /// has sent too many wrong ones: then the request comes again when it may, or
  /// is refused. A trusted token never waits.
  [[nodiscard]] bool waits_for_turn(const net::http_request& request,
                                    const presented_token& presented);
  /// Logs, once, that somebody sends forwarding headers and is not a proxy that
  /// is trusted: the usual sign of one that was forgotten in the configuration.
  void note_forwarding(const net::http_request& request) const;
  /// Says in the log who was refused what, and why.
  void log_refusal(const net::http_request& request, const failure& why);
  /// Answers 429, whatever the token, and ends the connection.
  void turn_away(const net::http_request& request);
  /// Refuses the upgrade of a bridge, and logs it.
  void turn_bridge_away(errc why);
  /// Audits that a request was let in, or counts it where it is a poll.
  void note_entry(const route_row& where, const net::http_request& request);
  void upgrade(route where);
  [[nodiscard]] origin origin_of(const net::http_request& request) const;
  void on_core_replaced();
  void on_due();
  void on_tokens_changed();
  void on_end(const net::session_end& end);

  // -- questions to core actors (control_session_questions.cpp) ---------------

  void list_agents(answer_body (*render)(agent_list));
  /// The whole list, or the part that the query asks for.
  void list_agents(const net::http_request& request);
  void register_agent(const net::http_request& request);
  void show_agent(agent_id id);
  void forget_agent(agent_id id);
  void reset_costs();
  void show_task(agent_id id);
  void show_dispatch(message_id id);
  void open_session();
  void filter_session(session_id id, const net::http_request& request);
  void show_readiness();

  // -- dispatching (control_session_dispatch.cpp) -----------------------------

  void dispatch(agent_id id, const net::http_request& request);
  void follow_up(agent_id id, const net::http_request& request);
  /// With `wait` the request is answered with the outcome, if that comes in
  /// time.
  void begin(dispatch_order_ptr order,
             std::optional<std::chrono::milliseconds> wait);
  void submit_order(const dispatch_order_ptr& order, unsigned attempt);
  void on_accepted(const message_id& id);
  void on_outcome(const dispatch_order& order, const dispatch_outcome& outcome);
  void on_failure(const dispatch_order& order, const failure& why);
  void on_wait_over();

  // -- event streams (control_session_stream.cpp) -----------------------------

  void follow_events(agent_id id, const net::http_request& request);
  void follow_session(session_id id, const net::http_request& request);
  /// Where a reader of a stream begins.
  struct stream_start {
    /// The `id` of the event it saw last; empty: it says nothing of one.
    std::string last_event;
    /// What happened before is not wanted.
    bool live_only = false;
    /// Nor is the stream itself: the request is a HEAD.
    bool head_only = false;
  };

  [[nodiscard]] static stream_start start_of(const net::http_request& request);
  /// Opens the stream once `question` is answered. Where nothing is known of
  /// it, only a reader that comes back gets one: to refuse it would keep it
  /// away for good, and what it waits for may come again.
  template <class Reply, class Whom, class... Ts>
  void open_stream(std::string_view event_name, stream_name which,
                   stream_start start, Whom core_handles::*whom,
                   Ts... question);
  void begin_stream(const stream_start& start, bool is_known);
  void follow();
  void on_event(const event_ptr& x);
  void on_history(past_events past);
  void flush_stream();
  void keep_stream_alive();

  // -- data -------------------------------------------------------------------

  /// What this connection streams: `agent_event` or `session_event`.
  struct event_stream {
    std::string_view name;
    event_feed feed;
  };

  control_session_actor::base* self;
  thread_context* context = nullptr;
  std::shared_ptr<net::http_session> session;
  /// The agent whose rates the answer to the request at hand tells; empty where
  /// its sender may not know them, none where no rates are told.
  std::optional<agent_id> rated;
  std::optional<waiting_dispatch> waiting;
  std::optional<event_stream> stream;
  /// The web page that the request at hand comes from, or "".
  std::string page;
  /// Who sent the request at hand, through however many proxies.
  origin from;
  /// What was asked of a core actor and is not answered yet: puts the question
  /// again.
  std::function<void()> question;
  /// What to answer instead if the deadline comes first.
  std::function<net::http_response()> late_answer;
  std::size_t turns = 0;
  std::unique_ptr<net::deadline> deadline;
  std::unique_ptr<resident> residence;
  /// The request at hand waits until its token may be looked at.
  bool is_waiting_for_turn = false;
  /// It has waited.
  bool has_had_turn = false;
  std::optional<request_header> seen_header;
  /// Its body was not wanted, because its token may not be looked at yet.
  bool is_body_declined = false;
  /// Whose token the last request had; null if it was refused or needed none.
  token_grant_ptr who;
  /// The fingerprint of the token that was let in last, so that a keep-alive
  /// connection does not pay for SHA-256 each time and nothing holds the token,
  /// and what it stands for; void when the table changes.
  std::uint64_t trusted_token = 0;
  token_grant_ptr trusted;
  std::shared_ptr<const token_table> trusted_by;

private:
  void answer(net::http_response response);
  /// Answers with a body that may be large: whole where it is not, else made
  /// while it is sent, if there is room for one more such answer. `response`
  /// has no body.
  void answer_in_parts(net::http_response response, answer_body body);
  void answer_record(net::http_response response, dispatch_record record);
  /// The request at hand is answered: adds what every answer has.
  void settle(net::http_response& response);
  void answer_failure(const caf::error& error);

  /// Asks a core actor; once more if it died over the question. A failure is
  /// the answer to the request.
  template <class Reply, class Whom, class OnReply, class... Ts>
  void ask(Whom core_handles::*whom, OnReply on_reply, Ts... words) {
    ask_or<Reply>(
        whom, on_reply,
        [this](const caf::error& error) { answer_failure(error); }, words...);
  }

  /// The same where a failure is told to `on_error`.
  template <class Reply, class Whom, class OnReply, class OnError, class... Ts>
  void ask_or(Whom core_handles::*whom, OnReply on_reply, OnError on_error,
              Ts... words);
};

template <class Reply, class Whom, class OnReply, class OnError, class... Ts>
void control_session_state::ask_or(Whom core_handles::*whom, OnReply on_reply,
                                   OnError on_error, Ts... words) {
  question = [this, whom, on_reply, on_error, words...] {
    auto turn = ++turns;
    self->request(context->core.*whom, caf::infinite, words...)
        .then(
            [this, turn, on_reply](const Reply& reply) {
              if (turn != turns || !question)
                return;
              question = nullptr;
              on_reply(reply);
            },
            [this, turn, on_error](const caf::error& error) {
              // Who died over it has a successor soon: see on_core_replaced.
              if (turn != turns || !question || is_unhandled(error))
                return;
              question = nullptr;
              on_error(error);
            });
  };
  // A copy: the question may be forgotten before the call returns.
  auto put = question;
  put();
}

control_session_actor::behavior_type
control_session(control_session_state::self_type* self, thread_context* context,
                std::shared_ptr<net::http_session> session);

} // namespace bridgekeeper::api
