#pragma once

#include "actors/interfaces.hpp"
#include "actors/io_actor.hpp"
#include "api/thread_context.hpp"
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

  void submit_order(const dispatch_order_ptr& order, unsigned attempt);
  void on_refused(const message_id& id, const failure& why);
  void on_event(const event& x);
  void on_history(const past_events& past);
  void on_room();
  void on_end(const net::session_end& end);
  void on_core_replaced();
  void on_tokens_changed();
  void leave(errc why);

  // -- data -------------------------------------------------------------------

  /// A dispatch that the client has requested and that has not ended.
  class flight final : public dispatch_watch {
  public:
    /// `id` is the client's own. A quiet client hears only of the end.
    flight(control_channel_state& channel, const dispatch_order& order,
           std::string id, bool is_quiet);

    [[nodiscard]] caf::actor_addr owner() const override;
    void on_accepted();
    void on_progress(const progress& x) override;
    void on_outcome(const dispatch_outcome& x) override;
    void fail(const failure& why);

    std::list<flight>::iterator place;

  private:
    control_channel_state& channel_;
    agent_id agent_;
    std::string id_;
    /// The client was told, or need not be.
    bool acceptance_is_told_;
  };

  /// Two may cover one event; each passes it on once.
  struct subscribed_stream {
    std::string id;
    /// The newest event it need not hear of; nothing: the hub has yet to say.
    std::optional<std::uint64_t> seen;
    /// Events after `seen` found no room; the hub's history has them. Until
    /// that comes, live events are left to it, too.
    bool is_behind = false;
    /// That history was asked for.
    bool is_catching_up = false;
  };

  void pass_on(subscribed_stream& stream, const event& x);

  control_channel_actor::base* self;
  thread_context* context = nullptr;
  std::shared_ptr<net::websocket_session> session;
  origin from;
  /// Whose token opened the channel.
  token_grant_ptr who;
  std::list<flight> flights;
  /// One subscription a stream.
  std::unordered_map<stream_name, subscribed_stream> streams;
  /// A question that a core actor has yet to answer.
  struct question {
    std::uint64_t number;
    std::function<void()> put;
  };

  /// Oldest first. The next question is asked after the answer to the previous
  /// one; if that was large, after the client has read it. So answers that the
  /// client does not read do not pile up.
  std::deque<question> questions;
  std::uint64_t asked = 0;
  /// The first of them was put.
  bool is_asking = false;
  /// A large answer that waits to be written; otherwise expired.
  std::weak_ptr<const shared_text> large_answer;
  /// Called when that is written.
  std::shared_ptr<std::function<void()>> on_answer_taken;
  bool is_paused = false;
  /// More waits for the program than it should; agents that work for it see
  /// this and read their bridges more slowly.
  std::shared_ptr<std::atomic<bool>> is_behind =
      std::make_shared<std::atomic<bool>>(false);
  std::unique_ptr<thread_subscriber> thread_subscription;

private:
  void tell_end(errc why, std::string_view detail);
  /// Sends the program a frame.
  void tell(net::stream_text frame);
  /// Sends the answer to a question, or an error if it is large and there is no
  /// room for it in the budget of large answers. `about` may be null.
  /// Sends what `encode` makes, as large as `least` or larger: at once where it
  /// is small, else if the budget has a place for it.
  template <class Encode>
  void tell_answer(const std::string& id, const message_id* about,
                   std::size_t least, Encode encode);
  void tell_answer(const std::string& id, const message_id* about,
                   std::string frame);
  void follow(const stream_name& which, const subscribed_stream& x);
  /// Asks for what streams that were behind have missed.
  void catch_up();
  [[nodiscard]] flight* find_flight(const message_id& id) const;

  /// Asks a core actor, and its successor if it dies over the question. A
  /// failure is told under `id` and, if it is about one, `about`.
  template <class Reply, class Whom, class OnReply, class... Ts>
  void ask(Whom core_handles::*whom, const std::string& id,
           std::optional<message_id> about, OnReply on_reply, Ts... words);

  [[nodiscard]] std::size_t under_way() const noexcept {
    return flights.size() + questions.size();
  }

  void put_next_question();

  /// The program is not read while it has enough under way, or enough to read.
  void review_reading();
};

control_channel_actor::behavior_type
control_channel(control_channel_state::self_type* self, thread_context* context,
                std::shared_ptr<net::websocket_session> session, origin from,
                token_grant_ptr who);

} // namespace bridgekeeper::api
