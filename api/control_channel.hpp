#pragma once

#include "actors/interfaces.hpp"
#include "actors/io_actor.hpp"
#include "api/event_feed.hpp"
#include "api/store_question.hpp"
#include "api/thread_context.hpp"
#include "net/deadline_queue.hpp"
#include "net/error_boundary.hpp"
#include "net/websocket_session.hpp"
#include "protocol/control_codec.hpp"

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

namespace bridgekeeper::api {

/// See interfaces.hpp.
struct control_channel_state {
  static inline const char* name = "control-channel";

  using self_type = io_actor<control_channel_state, control_channel_actor>;

  explicit control_channel_state(control_channel_actor::base* self_ptr)
    : self(self_ptr) {}

  ~control_channel_state();

  control_channel_actor::behavior_type make_behavior();

  void start(self_type* actor, thread_context& shared,
             std::shared_ptr<net::websocket_session> socket, origin client,
             token_grant_ptr grant);

  void on_frame(frame_view frame);
  void on_request(protocol::control_dispatch x);
  void on_request(protocol::control_subscribe x);
  void on_request(const protocol::control_list& x);
  void on_request(const protocol::control_inquiry& x);
  void on_request(const protocol::control_costs& x);
  void on_request(const protocol::control_forget& x);
  void on_request(const protocol::control_task& x);
  void on_request(const protocol::control_cancel& x);

  // -- cancelling (control_channel_cancel.cpp) --------------------------------

  /// A dispatch that the client has cancelled and whose end was not on record
  /// at the last lookup.
  struct cancelled_dispatch {
    /// The client's own id for the request.
    std::string id;
    message_id message;
    /// How often it was looked up.
    unsigned looks = 0;
  };

  /// Ends a dispatch of this agent, and waits until that is on record.
  void begin_cancellation(const std::string& id, const agent_id& agent,
                          const message_id& message);
  /// Waits for the end that the event hub tells, but not for longer than a
  /// store that has failed may take.
  void await_end(cancelled_dispatch x);
  /// Tells the client of the end of a dispatch that it has cancelled.
  void tell_cancelled(const std::string& id, const dispatch_record& x);
  /// Reads the store until it knows the end, as the event hub does not know the
  /// dispatch.
  void look_for_end(const cancelled_dispatch& x);
  void look_later(cancelled_dispatch x);
  void on_due();

  void submit_order(const dispatch_order_ptr& order, unsigned attempt);
  /// Unless the order's idempotency key is known.
  void submit_unless_repeated(const dispatch_order_ptr& order);
  /// Unless the dispatch that the order follows up is not one of the same
  /// agent.
  void submit_if_may_follow(const dispatch_order_ptr& order);
  void submit_if_store_knows(const dispatch_order_ptr& order);
  /// The store has no dispatch with the id in `followup_to`; perhaps it is a
  /// short one.
  void submit_after_short_id(const dispatch_order_ptr& order);
  /// `earlier` is the dispatch that the order follows up.
  void submit_after(const dispatch_order_ptr& order,
                    const dispatch_record& earlier);
  void fail_dispatch(const dispatch_order& order, const failure& why);
  void on_refused(const message_id& id, const failure& why);
  void on_event(const event_ptr& x);
  void on_history(past_events past);
  void on_room();
  void on_end(const net::session_end& end);
  void on_core_replaced();
  void on_tokens_changed();
  void leave(errc why);
  /// For the metrics.
  void count_in(thread_census& x) const;

  // -- questions (control_channel_questions.hpp) ------------------------------
  // As `dispatch_lookup.hpp` needs them. Each waits for its turn in
  // `questions`.

  template <class Reply, class Whom, class OnReply, class OnError, class... Ts>
  void ask_or(Whom core_handles::*whom, OnReply on_reply, OnError on_error,
              Ts... words);

  template <class Reply, class Whom, class OnReply, class OnError, class... Ts>
  void ask_once(Whom core_handles::*whom, OnReply on_reply, OnError on_error,
                Ts... words);

  template <class T, class Query, class Then, class Otherwise>
  void ask_store(Query query, Then then, Otherwise otherwise);

  // -- data -------------------------------------------------------------------

  /// A dispatch that the client has requested and that has not ended.
  class client_dispatch final : public dispatch_watch {
  public:
    /// `id` is the client's own id for the request. A quiet client is sent only
    /// the outcome.
    client_dispatch(control_channel_state& channel, const dispatch_order& order,
                    std::string id, bool is_quiet);

    [[nodiscard]] caf::actor_addr owner() const override;
    [[nodiscard]] bool is_of(const control_channel_state& x) const noexcept {
      return &channel_ == &x;
    }

    /// Tells the client, unless that has been done. `agent` is empty if none
    /// has been chosen yet.
    void on_accepted(const agent_id& agent);
    void on_progress(const progress& x) override;
    void on_outcome(const dispatch_outcome& x) override;
    /// The dispatch is refused.
    void fail(const failure& why);
    /// The dispatch was refused, or has ended without a response.
    void end(const failure& why);
    /// The request was a repetition: its answer is the record of `known`, as it
    /// is now.
    void repeat(const message_id& known);

    std::list<client_dispatch>::iterator place;

  private:
    control_channel_state& channel_;
    /// Empty until an agent has been chosen.
    agent_id agent_;
    std::string id_;
    /// The client was told of the acceptance, or need not be told.
    bool acceptance_is_told_;
  };

  /// Two streams may contain the same event; each passes it on once.
  struct subscribed_stream {
    subscribed_stream(std::string client_id, stream_name which)
      : id(std::move(client_id)), feed(std::move(which), 0) {}

    /// The client's own id for the subscription.
    std::string id;
    event_feed feed;
  };

  control_channel_actor::base* self;
  thread_context* context = nullptr;
  std::shared_ptr<net::websocket_session> session;
  origin from;
  /// The grant of the token that opened the channel.
  token_grant_ptr who;
  std::list<client_dispatch> dispatches;
  /// Lets answers of the store find out whether this channel has ended. Created
  /// with the first question.
  std::shared_ptr<control_channel_state*> anchor;
  /// One subscription for each stream.
  std::unordered_map<stream_name, subscribed_stream> streams;
  /// A question of the client to a core actor or to the store; not answered
  /// yet.
  struct question {
    std::uint64_t number;
    std::function<void()> put;
  };

  struct question_queue {
    /// Oldest first. The next question is asked after the answer to the
    /// previous one; if that was large, after the client has read it. So
    /// answers that the client does not read do not pile up.
    std::deque<question> waiting;
    /// The oldest question was asked and has not been answered.
    bool is_asking = false;
  };

  question_queue questions;
  /// Waits for the outcomes of cancelled dispatches, which may take as long as
  /// a commit, delay no other questions.
  question_queue outcomes;
  std::uint64_t asked = 0;
  /// Looked up when `next_look` expires.
  std::deque<cancelled_dispatch> cancelled;
  std::unique_ptr<net::deadline> next_look;
  /// A large answer that is waiting to be written; otherwise expired.
  std::weak_ptr<const shared_text> large_answer;
  /// Called when `large_answer` has been written or dropped.
  std::shared_ptr<std::function<void()>> on_answer_taken;
  bool is_paused = false;
  /// The client has too much unread output. Agents that work for it see this
  /// and read from their bridges more slowly.
  std::shared_ptr<std::atomic<bool>> is_behind =
      std::make_shared<std::atomic<bool>>(false);
  std::unique_ptr<thread_subscriber> thread_subscription;

private:
  void tell_end(errc why, std::string_view detail);
  /// Sends a frame to the client.
  void tell(net::stream_text frame);
  /// Refuses a request; `about`: the dispatch that it is about, or null.
  void refuse(std::string_view id, const message_id* about, const failure& why,
              std::optional<std::chrono::seconds> retry_after = {});
  /// Sends the answer to a question. If the answer is large and does not fit
  /// into the budget of large answers, sends an error instead. `about` may be
  /// null. With `encode`, an answer of at least `least` bytes is not even
  /// encoded if there is no room.
  template <class Encode>
  void tell_answer(const std::string& id, const message_id* about,
                   std::size_t least, Encode encode);
  void tell_answer(const std::string& id, const message_id* about,
                   std::string frame);
  /// Requests history, and later events, from the hub.
  void follow(event_feed& feed);
  /// Sends the events for which there is room, and requests the history of
  /// streams that are behind.
  void write_events();
  void write_events(subscribed_stream& stream);
  [[nodiscard]] client_dispatch* find_dispatch(const message_id& id) const;

  /// Asks a core actor. If that actor dies before it answers, asks its
  /// successor. A failure is sent with `id` and, if it concerns a dispatch,
  /// `about`.
  template <class Reply, class Whom, class OnReply, class... Ts>
  void ask(Whom core_handles::*whom, const std::string& id,
           std::optional<message_id> about, OnReply on_reply, Ts... words);

  /// Like `ask_or`, but the question waits for its turn in this queue.
  template <class Reply, class Whom, class OnReply, class OnError, class... Ts>
  void ask_in(question_queue& queue, Whom core_handles::*whom, OnReply on_reply,
              OnError on_error, Ts... words);
  void add_question(question_queue& queue, question x);
  /// The question is answered. False if it already was: a core actor and its
  /// successor may both answer.
  [[nodiscard]] bool settle(question_queue& queue, std::uint64_t number);

  /// A callback for a question to the store: calls `handle(answer)` on this
  /// thread if the channel has not ended. An exception ends the channel, as one
  /// in the handler of a message does.
  template <class T, class Handle>
  [[nodiscard]] store::reader::callback<T> received(Handle handle);

  /// The same for `then(answer)`, after whose exceptions the request is
  /// refused: `otherwise(failure)` is called.
  template <class T, class Then, class Otherwise>
  [[nodiscard]] store::reader::callback<T> answered(Then then,
                                                    Otherwise otherwise);

  template <class Answer, class Then, class Otherwise>
  static void take_answer(Answer& found, const Then& then,
                          const Otherwise& otherwise) {
    if (!net::contain("an answer of the store", [&] { then(found); }))
      otherwise(failure{errc::internal, {}});
  }

  [[nodiscard]] std::size_t under_way() const noexcept {
    return dispatches.size() + open_questions();
  }

  [[nodiscard]] std::size_t open_questions() const noexcept {
    return questions.waiting.size() + outcomes.waiting.size()
           + cancelled.size();
  }

  void put_next_questions();

  /// Stops reading from the client while it has too many requests in
  /// client_dispatch or too much unread output.
  void review_reading();
};

template <class T, class Handle>
store::reader::callback<T> control_channel_state::received(Handle handle) {
  if (!anchor)
    anchor = std::make_shared<control_channel_state*>(this);
  return answer_on<T>(
      *context->store, [weak = std::weak_ptr{anchor},
                        handle = std::move(handle)](store::answer<T>& found) {
        auto known = weak.lock();
        if (!known)
          return;
        auto& channel = **known;
        if (!net::contain("a request on /ws/control", [&] { handle(found); }))
          channel.self->send(control_channel_actor{channel.self}, leave_atom_v,
                             errc::internal);
      });
}

template <class T, class Then, class Otherwise>
store::reader::callback<T>
control_channel_state::answered(Then then, Otherwise otherwise) {
  return received<T>([then = std::move(then),
                      otherwise = std::move(otherwise)](const auto& found) {
    take_answer(found, then, otherwise);
  });
}

control_channel_actor::behavior_type
control_channel(control_channel_state::self_type* self, thread_context* context,
                std::shared_ptr<net::websocket_session> session, origin from,
                token_grant_ptr who);

} // namespace bridgekeeper::api
