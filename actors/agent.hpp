#pragma once

#include "actors/interfaces.hpp"
#include "actors/io_actor.hpp"
#include "actors/thread_context.hpp"
#include "domain/complaint_throttle.hpp"
#include "domain/life_probe.hpp"
#include "domain/liveness.hpp"
#include "domain/pending_table.hpp"
#include "net/byte_budget.hpp"
#include "net/connection_ledger.hpp"
#include "net/deadline_queue.hpp"
#include "net/secret_text.hpp"
#include "net/websocket_session.hpp"

#include <caf/typed_response_promise.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace bridgekeeper::actors {

/// A bridge waits 10 s for the answer to its registration; it is held back no
/// longer than this.
inline constexpr std::chrono::milliseconds registration_patience{7'000};

/// See interfaces.hpp. The state answers for everything the agent owes: however
/// it ends, pending dispatches are answered, the registry hears of it, and the
/// socket is closed with a code.
struct agent_state {
  static inline const char* name = "agent";

  using self_type = io_actor<agent_state, agent_actor>;

  explicit agent_state(agent_actor::base* self_ptr);
  ~agent_state();

  agent_actor::behavior_type make_behavior();

  void start(self_type* actor, thread_context& shared,
             std::shared_ptr<net::websocket_session> socket,
             std::shared_ptr<net::connection_ledger::place> place,
             origin client);

  // -- registering (agent_registration.cpp) -----------------------------------

  void on_first_frame(frame_view frame);
  /// `frame` is the text that it was read from.
  void on_registration(registration x, std::string_view frame);
  /// Looks at the token and what else it says.
  void judge(registration x);
  void join();
  void on_joined(incarnation granted);

  // -- working (agent_dispatches.cpp) -----------------------------------------

  caf::result<dispatch_outcome> on_dispatch(const dispatch_order_ptr& order);
  void on_frame(frame_view frame);
  void on_message(heartbeat& x);
  void on_message(progress& x);
  void on_message(response& x);
  /// A frame that is not a valid message: skipped, unless it is a response to
  /// a pending dispatch, which then ends.
  void on_unreadable(std::string_view frame, const failure& why);

  // -- what comes from elsewhere ----------------------------------------------

  /// Another bridge wants this agent's id.
  caf::result<bool> on_rival();
  void review_rivals();
  void on_due();
  /// Whether the bridge has been silent for longer than it may be.
  [[nodiscard]] bool is_stale();
  void on_tick();
  void on_core_replaced();
  void on_tokens_changed();

  // -- leaving ----------------------------------------------------------------

  /// Closes the socket with the reason's code and ends.
  void leave(errc why);
  void leave(errc why, std::string_view close_text);

  /// Answers what is pending, tells the registry and the world. Once. `detail`
  /// is what else is known, such as the bridge's own close code and text.
  void farewell(errc why, const std::string& detail = {});

  [[nodiscard]] agent_report report() const;

  // -- data -------------------------------------------------------------------

  /// `held` waits until its token may be looked at, because its address has
  /// sent too many wrong ones.
  enum class phase_type { unregistered, held, joining, standing, gone };

  struct pending_dispatch {
    dispatch_order_ptr order;
    caf::typed_response_promise<dispatch_outcome> promise;
    time_point started;
    timestamp dispatched_at;
    /// What is set aside for it.
    admission::reservation cost;
  };

  agent_actor::base* self;
  thread_context* context = nullptr;
  std::shared_ptr<net::websocket_session> session;
  std::shared_ptr<net::connection_ledger::place> unregistered_place;
  origin from;
  phase_type phase = phase_type::unregistered;
  /// Whose token it registered with.
  token_grant_ptr who;
  /// Who the bridge says it is, for the log. Empty where that may be anything:
  /// a misplaced secret, for example.
  agent_id claimed_id;
  announcement_ptr announced;
  incarnation number{};
  /// What a `held` one sent, as it came. Its bytes count against the budget of
  /// first frames; what is made of them may be many times as large.
  net::secret_text held_frame;
  /// Told to leave before the registry had answered.
  std::optional<errc> leave_once_joined;
  pending_table<pending_dispatch> pending;
  /// Messages that were dropped as forged, or as answers to nothing.
  std::uint64_t refused_results = 0;
  std::unique_ptr<liveness> life;
  std::unique_ptr<net::deadline> deadline;
  std::unique_ptr<net::deadline> reading_pause;
  complaint_throttle complaints;
  /// Of dispatches that came too fast.
  complaint_throttle refusals;
  /// What it announced, as far as that counts.
  net::byte_budget::share announced_share;
  /// Set while it has to prove that its bridge is alive.
  struct rival_inquiry {
    rival_inquiry(net::deadline_queue& queue, std::function<void()> look)
      : next_look(queue, std::move(look)) {}

    life_probe probe;
    net::deadline next_look;
  };
  std::unique_ptr<rival_inquiry> inquiry;
  std::unique_ptr<resident> residence;

private:
  [[nodiscard]] bool names_me(const agent_id& claimed,
                              const message_id& message);
  void audit_refusal(errc why, const agent_id& claimed,
                     const message_id& message);
  /// Logs what is wrong with a message of this agent, not more than once a
  /// second.
  void complain(errc why, const std::string& what, const message_id& message);
  /// The registration in a first frame; where there is none, the bridge is
  /// refused.
  [[nodiscard]] std::optional<registration> read_registration(frame_view frame);
  /// `text` goes to the bridge, and to the log where that is not told more.
  void refuse_registration(errc why, std::string_view text,
                           const std::string& for_the_log = {});
  [[nodiscard]] session_id own_session(const registration& x) const;
  void limit_announcement(registration& x);
  /// Audits what a dispatch cost, and tells what is special about it.
  void tell_cost(const std::optional<admission::settlement>& cost,
                 const message_id& message, const shared_session& about);
  void tell_not_admitted(const dispatch_order& order,
                         const admission_refusal& refusal);
  void arm_deadline();
  void publish(event::body_type body, const shared_session& about);
  void fail(pending_dispatch& x, const failure& why);
  [[nodiscard]] bool has_room_for(const dispatch_order& order) const;
  /// Reads the bridge more slowly while whoever takes what it says is behind.
  void pause_while_others_are_behind(const dispatch_order& order);
};

agent_actor::behavior_type
agent(agent_state::self_type* self, thread_context* context,
      std::shared_ptr<net::websocket_session> session,
      std::shared_ptr<net::connection_ledger::place> unregistered_place,
      origin from);

} // namespace bridgekeeper::actors
