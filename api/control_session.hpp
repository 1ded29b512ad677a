#pragma once

#include "actors/interfaces.hpp"
#include "actors/io_actor.hpp"
#include "api/answer_parts.hpp"
#include "api/authenticator.hpp"
#include "api/control_answers.hpp"
#include "api/core_question.hpp"
#include "api/event_feed.hpp"
#include "api/request.hpp"
#include "api/store_question.hpp"
#include "api/thread_context.hpp"
#include "net/deadline_queue.hpp"
#include "net/error_boundary.hpp"
#include "net/http_session.hpp"
#include "protocol/control_codec.hpp"
#include "store/dispatches/reader.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace bridgekeeper::api {

/// See interfaces.hpp. Answers one request after the other; a request that asks
/// another actor is answered when that actor replies.
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

  void on_request(const net::http_request& x);
  /// Whether the request is authorized, so that its body is worth reading.
  [[nodiscard]] bool wants_body(const net::http_request& x);
  /// Adds what every response has to one that the session sends by itself.
  void decorate(const net::http_request& x, net::http_response& refusal) const;
  /// The token of the request has had its turn.
  void on_turn();
  /// The handler of a route whose variable segment is an agent id, which must
  /// be valid.
  template <auto handler>
  void with_agent(const net::http_request& x);
  void on_due();
  void on_core_replaced();
  void on_tokens_changed();
  void on_end(const net::session_end& end);
  /// For the metrics.
  void count_in(thread_census& x) const;

  // -- what the session answers by itself (control_session.cpp) ---------------

  void show_server(const net::http_request& request);
  void show_health(const net::http_request& request);
  void show_liveness(const net::http_request& request);
  void show_version(const net::http_request& request);
  void show_openapi(const net::http_request& request);
  void show_context(const net::http_request& request);
  /// Responds once what all threads count has been gathered.
  void show_metrics(const net::http_request& request);
  void reset_costs(const net::http_request& request);

  // -- upgrades (control_session_upgrade.cpp) ---------------------------------

  void open_channel(const net::http_request& request);
  void admit_bridge(const net::http_request& request);
  /// Rejects the upgrade of a bridge, and logs that.
  void reject_bridge(errc why);

  // -- questions to core actors (control_session_questions.cpp) ---------------

  void list_bridges(const net::http_request& request);
  /// Says whether a bridge could register as `id` with this token, without
  /// registering it.
  void check_bridge(agent_id id, const net::http_request& request);
  /// The whole list, or the page that the query asks for.
  void list_agents(const net::http_request& request);
  void register_agent(const net::http_request& request);
  void show_agent(agent_id id, const net::http_request& request);
  void forget_agent(agent_id id, const net::http_request& request);
  void show_task(agent_id id, const net::http_request& request);
  /// Cordons, drains or uncordons one agent, and responds with its view.
  template <agent_duty duty>
  void change_duty(agent_id id, const net::http_request& request);
  /// Does so with all known agents.
  template <agent_duty duty>
  void change_all(const net::http_request& request);
  void open_session(const net::http_request& request);
  void filter_session(const net::http_request& request);
  void show_readiness(const net::http_request& request);
  /// Goes on with `then` once a core actor has responded.
  template <class Handle, class Then>
  void ping_core(std::string_view which, Handle core_handles::*whom, Then then);
  void on_unready();

  // -- explanations (control_session_explain.cpp) ------------------------------

  void explain_agent(agent_id id, const net::http_request& request);
  void explain_dispatch(const net::http_request& request);
  void explain_reason(const net::http_request& request);
  void explain(explain_question question);

  // -- recorded dispatches (control_session_dispatches.cpp) -------------------

  void list_dispatches(const net::http_request& request);
  /// With `?wait=`, responds once the dispatch is finished or the time is over.
  void show_dispatch(const net::http_request& request);
  /// Responds with the record once the dispatch is finished or `limit` is over.
  void await_outcome(const message_id& id, std::chrono::milliseconds limit);
  void on_outcome_wait_over();
  /// Reads the store until it knows the outcome, as the event hub does not know
  /// the dispatch: no agent has it, or it ended long ago.
  void look_for_outcome();
  /// The store has no dispatch with this id; perhaps it is a short one.
  void await_short_id(std::chrono::milliseconds limit);
  /// Responds with everything that is on record.
  void show_dispatch(const message_id& id);
  /// Copies the store to the file that the body names.
  void back_up_store(const net::http_request& request);
  void vacuum_store(const net::http_request& request);

  // -- erasing (control_session_erase.cpp) ------------------------------------

  /// Erases the dispatch or the agent that the body names, from the store and
  /// from memory.
  void erase(const net::http_request& request);
  void erase_dispatch(const message_id& id);
  void submit_erasure(store::dispatch_number number, const agent_id& agent,
                      const message_id& id);
  void on_erasure(const store::completion& x, const agent_id& agent,
                  const message_id& id);
  /// Responds when the event hub has forgotten the dispatch.
  void forget_erased(const agent_id& agent, const message_id& id);
  void erase_agent(const agent_id& id);

  /// Responds when the store's writer has finished a request, with what went
  /// wrong if anything did.
  [[nodiscard]] store::writer::done_function done();
  /// Ends a dispatch, and responds with its record once that is recorded.
  void cancel_dispatch(const net::http_request& request);
  void begin_cancellation(const agent_id& agent, const message_id& id);
  void on_cancel_wait_over();
  void answer_cancelled(const dispatch_record& x);
  /// 409, with the record.
  void answer_too_late(const dispatch_record& x);

  // -- dispatching (control_session_dispatch.cpp) -----------------------------

  // All check the body before the agent id (contract section 2).
  void dispatch(const net::http_request& x);
  /// The body names the agent, or what the agent must be capable of.
  void dispatch_routed(const net::http_request& x);
  void follow_up(const net::http_request& x);
  /// What a request wants dispatched, and how long it waits for the outcome.
  struct drafted_dispatch {
    dispatch_order order;
    std::optional<std::chrono::milliseconds> wait;
  };

  /// Shared by the questions that are asked before it begins, because a task
  /// may be long.
  using draft_ptr = std::shared_ptr<const drafted_dispatch>;

  /// Checks all of the request; fails with the response. `id` is empty if the
  /// body requires capabilities.
  [[nodiscard]] boost::system::result<drafted_dispatch, net::http_response>
  draft(const agent_id& id, const net::http_request& x,
        result<protocol::dispatch_body> body);
  void begin_drafted(
      boost::system::result<drafted_dispatch, net::http_response> drafted);
  /// With `time_limit` the response is the outcome, if that arrives in time.
  void begin(dispatch_order order,
             std::optional<std::chrono::milliseconds> time_limit);
  void submit_order(const dispatch_order_ptr& order, unsigned attempt);
  /// Calls `then()` unless the order's idempotency key is known; then the
  /// response is that of the earlier request.
  template <class Then>
  void unless_repeated(const draft_ptr& drafted, bool is_followup, Then then);
  /// The response if the key of `drafted` was used for the dispatch `known`.
  void answer_use(const draft_ptr& drafted, bool is_followup,
                  const message_id& known, const std::string& body_hash);
  void answer_repeated(const dispatch_order& order, bool is_followup,
                       const message_id& known,
                       std::optional<std::chrono::milliseconds> time_limit);
  /// Two requests with the same key arrived at once, and the dispatch of `x`
  /// was first.
  void on_repeated(const message_id& id, const acceptance& x);
  /// Calls `then(earlier_dispatch)` with what is known of a recorded dispatch,
  /// or `otherwise(failure)`. With a store, the id may be a short one.
  template <class Then, class Otherwise>
  void with_earlier(const message_id& id, Then then, Otherwise otherwise);
  /// Calls `then(earlier_dispatch)` with the dispatch that `drafted` follows
  /// up, if any, provided that it is one of the same agent.
  template <class Then>
  void if_may_follow(const draft_ptr& drafted, Then then);
  /// Calls `then()` if the agent of `drafted` is connected, or known and worth
  /// waiting for.
  template <class Then>
  void if_connected(const draft_ptr& drafted, Then then);
  /// The dispatch with this id if the request still waits for it; or null.
  [[nodiscard]] waiting_dispatch* find_waiting(const message_id& id);
  void on_accepted(const message_id& id, const acceptance& x);
  void on_refused(const dispatch_order& order, const failure& why);
  /// Before there is a dispatch to wait for.
  void refuse(const dispatch_order& order, const failure& why);
  void on_outcome(const dispatch_outcome& x);
  void on_wait_over();
  /// Shows a dispatch that may be unfinished.
  void show_progress(message_id id);
  /// 202, with the record's address.
  static void mark_unfinished(net::http_response& out, const message_id& id);

  // -- event streams (control_session_stream.cpp) -----------------------------

  void follow_events(agent_id id, const net::http_request& request);
  void follow_session(const net::http_request& request);
  /// Where a stream begins.
  struct stream_start {
    /// The `id` of the last event that the reader saw; empty: unknown.
    std::string last_event;
    /// Without the history.
    bool live_only = false;
    /// The request is a HEAD, so there will be no stream.
    bool head_only = false;
  };

  [[nodiscard]] static stream_start start_of(const net::http_request& request);
  /// Opens the stream, or answers a HEAD, once `question` is answered. A stream
  /// that is unknown is opened only for a reader that reconnects: after an
  /// error it would never reconnect again, although the agent or session may
  /// reappear.
  template <class Reply, class Whom, class... Ts>
  void open_stream(std::string_view event_name, stream_name which,
                   stream_start start, Whom core_handles::*whom,
                   Ts... question);
  void start_stream(std::string_view event_name, stream_name which,
                    const stream_start& start, bool is_known);
  void begin_stream(const stream_start& start, bool is_known);
  void follow();
  void subscribe_to_events();
  void on_event(const event_ptr& x);
  void on_history(past_events past);
  void flush_stream();
  /// Everything was sent; the connection ends when the reader has it.
  void finish_stream();
  void keep_stream_alive();
  /// When to do so next.
  [[nodiscard]] std::chrono::milliseconds keep_alive_interval() const;

  // -- the stream of a dispatch (control_session_dispatch_stream.cpp) ---------

  void follow_dispatch(const net::http_request& request);
  void follow_stored(const message_id& id, const stream_start& start);
  void follow_remembered(const message_id& id, const stream_start& start);
  [[nodiscard]] bool is_of_dispatch() const noexcept;
  /// Whether the stream's history is in the store.
  [[nodiscard]] bool is_stored() const noexcept;
  /// Whether the dispatch may be one that no agent has.
  [[nodiscard]] bool may_be_unassigned() const noexcept;
  /// Requests a page of the history from the store.
  void read_events();
  void on_stored_events(store::answer<std::optional<past_events>>& found);
  /// The hub has sent what followed the last page of the store.
  void join_live_events(past_events since);
  /// Notices that the dispatch has ended without an event, because it never had
  /// an agent.
  void look_for_end();
  /// The feed is finished, and the reader was given no event. If the dispatch
  /// never had an agent, its outcome is told before the stream ends.
  void finish_without_event();
  void tell_outcome();

  // -- questions (see dispatch_lookup.hpp) ------------------------------------
  // A new question ends the previous one.

  template <class Reply, class Whom, class OnReply, class OnError, class... Ts>
  void ask_or(Whom core_handles::*whom, OnReply on_reply, OnError on_error,
              Ts... words);

  template <class Reply, class Whom, class OnReply, class OnError, class... Ts>
  void ask_once(Whom core_handles::*whom, OnReply on_reply, OnError on_error,
                Ts... words);

  /// After an exception, `answered` refuses the only request there is.
  template <class T, class Query, class Then, class Otherwise>
  void ask_store(Query query, Then then, const Otherwise&) {
    query(context->store->reader(), answered<T>(std::move(then)));
  }

  // -- data -------------------------------------------------------------------

  /// What this connection streams: `agent_event`, `session_event` or
  /// `dispatch_event`.
  struct event_stream {
    std::string_view name;
    event_feed feed;
    /// For a dispatch with a store, whose history has all events. The hub only
    /// adds those since the last page: the store was read up to its newest
    /// event.
    bool is_caught_up = false;
    /// The store was asked for a page, or for the outcome.
    bool is_reading = false;
    /// The dispatch may be one that no agent has, and that ends without an
    /// event.
    bool may_lack_agent = true;
    /// The reader has yet to take what was sent; nothing follows.
    bool is_over = false;
  };

  control_session_actor::base* self;
  thread_context* context = nullptr;
  std::shared_ptr<net::http_session> session;
  std::optional<authenticator> auth;
  /// The request that was not answered yet, or whose response is a stream.
  std::optional<control_request> current;
  std::optional<event_stream> stream;
  /// Lets answers of the store find out whether this session has ended. Created
  /// with the first question.
  std::shared_ptr<control_session_state*> anchor;
  /// Numbers the questions to core actors and to the store, so that late
  /// replies are ignored.
  std::size_t turns = 0;
  std::unique_ptr<net::deadline> deadline;
  /// What to do when the deadline expires.
  void (control_session_state::*when_due)() = nullptr;
  std::unique_ptr<thread_subscriber> thread_subscription;

private:
  [[nodiscard]] agent_id named_agent() const {
    return agent_id{current->match.parameter};
  }

  void list(answer_body (*render)(agent_list));
  void change(agent_id id, agent_duty duty);
  /// Calls `then` after `delay`, unless the request is answered before.
  void wait(std::chrono::milliseconds delay,
            void (control_session_state::*then)());
  void answer(net::http_response response);
  /// Answers with a body that may be large. A large one is generated while it
  /// is sent, if the budget has room for it. `response` has no body.
  void answer_in_parts(net::http_response response, answer_body body);
  /// `more` as in `protocol::encode`.
  void answer_record(net::http_response response, dispatch_record record,
                     std::string_view more = {});
  /// 422: lists what is wrong with the body, by the schema of the route.
  [[nodiscard]] net::http_response body_refusal(const net::http_request& x,
                                                const failure& why) const;
  /// States that the current request is refused.
  void tell_refusal(const cause& why) const;
  /// Ends the current request: adds what every response has.
  void settle(net::http_response& response);
  void answer_failure(const caf::error& error);

  /// A callback for a question to the store: calls `then(answer)` on this
  /// thread if the same request is still to be answered.
  template <class T, class Then>
  [[nodiscard]] store::reader::callback<T> answered(Then then);

  /// Asks a core actor, and its successor if it dies before it replies. A
  /// failure is the answer to the request.
  template <class Reply, class Whom, class OnReply, class... Ts>
  void ask(Whom core_handles::*whom, OnReply on_reply, Ts... words) {
    ask_or<Reply>(
        whom, on_reply,
        [this](const caf::error& error) { answer_failure(error); }, words...);
  }
};

template <auto handler>
void control_session_state::with_agent(const net::http_request& x) {
  auto id = named_agent();
  if (!is_valid_agent_id(id.str()))
    return answer(error_answer({errc::invalid_agent_id, {}}));
  (this->*handler)(std::move(id), x);
}

template <agent_duty duty>
void control_session_state::change_duty(agent_id id, const net::http_request&) {
  change(std::move(id), duty);
}

template <agent_duty duty>
void control_session_state::change_all(const net::http_request&) {
  change({}, duty);
}

template <class Reply, class Whom, class OnReply, class OnError, class... Ts>
void control_session_state::ask_or(Whom core_handles::*whom, OnReply on_reply,
                                   OnError on_error, Ts... words) {
  auto settle = [this, turn = ++turns] {
    return turn == turns && current && std::exchange(current->question, {});
  };
  current->question = core_question<Reply>(self, *context, whom, settle,
                                           on_reply, on_error, words...);
  // A copy: the question may be forgotten before the call returns.
  auto put = current->question;
  put();
}

template <class Reply, class Whom, class OnReply, class OnError, class... Ts>
void control_session_state::ask_once(Whom core_handles::*whom, OnReply on_reply,
                                     OnError on_error, Ts... words) {
  current->question = {};
  auto is_current = [this, turn = ++turns] {
    return turn == turns && current.has_value();
  };
  self->request(context->core.*whom, caf::infinite, words...)
      .then(
          [is_current, on_reply](const Reply& reply) {
            if (is_current())
              on_reply(reply);
          },
          [is_current, on_error](const caf::error& error) {
            if (is_current())
              on_error(error);
          });
}

template <class T, class Then>
store::reader::callback<T> control_session_state::answered(Then then) {
  if (!anchor)
    anchor = std::make_shared<control_session_state*>(this);
  return answer_on<T>(
      *context->store, [weak = std::weak_ptr{anchor}, turn = ++turns,
                        then = std::move(then)](store::answer<T>& x) {
        auto found = weak.lock();
        if (!found)
          return;
        auto& asker = **found;
        if (asker.turns != turn || !asker.current)
          return;
        if (net::contain("an answer of the store", [&] { then(x); })
            || !asker.current)
          return;
        if (asker.stream)
          asker.self->quit();
        else
          asker.answer(error_answer({errc::internal, {}}));
      });
}

control_session_actor::behavior_type
control_session(control_session_state::self_type* self, thread_context* context,
                std::shared_ptr<net::http_session> session);

} // namespace bridgekeeper::api
