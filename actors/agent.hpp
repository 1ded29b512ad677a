#pragma once

#include "actors/dispatch_shelf.hpp"
#include "actors/interfaces.hpp"
#include "actors/io_actor.hpp"
#include "actors/late_results.hpp"
#include "actors/pending_dispatch.hpp"
#include "actors/thread_context.hpp"
#include "domain/complaint_throttle.hpp"
#include "domain/dispatch_queue.hpp"
#include "domain/facts.hpp"
#include "domain/life_probe.hpp"
#include "domain/liveness.hpp"
#include "domain/pending_table.hpp"
#include "net/byte_budget.hpp"
#include "net/connection_ledger.hpp"
#include "net/deadline_queue.hpp"
#include "net/secret_text.hpp"
#include "net/websocket_session.hpp"
#include "store/dispatches/completion.hpp"
#include "store/dispatches/reader.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

namespace bridgekeeper::actors {

/// Longest time for which a registration is delayed. It must be less than the
/// 10 s for which the stock bridge waits for the response.
inline constexpr std::chrono::milliseconds longest_registration_hold{7'000};

/// While more than this waits to be stored, reading from bridges pauses, and
/// registrations wait: some thousands of progress reports, behind which every
/// dispatch would have to wait.
inline constexpr std::size_t store_backlog_limit = 2 * mebibyte;

/// While more than this waits to be stored, nothing more is read from bridges:
/// the store has failed, and what they report stays in memory until it works
/// again.
inline constexpr std::size_t store_backlog_memory = 64 * mebibyte;

/// Responses of one bridge whose dispatches are looked up in the store at a
/// time. Reading from the bridge pauses when there are so many.
inline constexpr std::size_t max_lookups = 8;

/// See interfaces.hpp. However the agent ends, its state makes sure that
/// pending dispatches are answered, that the registry is told, and that the
/// socket is closed with a close code.
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

  // -- registration (agent_registration.cpp) ----------------------------------

  void on_first_frame(frame_view frame);
  /// `frame` is the text that `x` was parsed from.
  void on_registration(registration x, std::string_view frame);
  /// Checks the token and the other fields, then joins the registry.
  void judge(registration x);
  void join();
  void on_joined(incarnation granted);
  /// Lets the bridge know that it is registered.
  void welcome();

  // -- dispatches (agent_acceptance.cpp, agent_queue.cpp, agent_dispatches.cpp,
  // agent_late_results.cpp) --------------------------------------------------

  caf::result<acceptance> on_dispatch(const dispatch_order_ptr& order);

  /// Takes over the dispatches that wait for this agent on the shelf.
  void fetch();
  /// How many dispatches are sent before this one, which waits here.
  [[nodiscard]] caf::result<std::uint64_t> place_of(const message_id& id) const;
  void on_cancel(const message_id& id);
  void on_frame(frame_view frame);
  void on_message(heartbeat& x);
  void on_message(progress& x);
  void on_message(response& x);
  // Protocol 1.1 only; ignored on other links.
  void on_message(accept_notice& x);
  void on_message(drain_notice& x);
  /// In agent_resume.cpp.
  void on_message(resume_list& x);
  // Ignored: a second registration, and what only the daemon sends (contract
  // section 1).
  void on_message(const cancel_request& /*x*/) noexcept {}
  void on_message(const response_ack& /*x*/) noexcept {}
  void on_message(const goaway_notice& /*x*/) noexcept {}
  void on_message(const registration& /*x*/) noexcept {}
  void on_message(const registered& /*x*/) noexcept {}
  void on_message(const dispatch& /*x*/) noexcept {}
  /// A frame that is not a valid message. It is ignored, unless it is a
  /// response to a pending dispatch; then that dispatch fails.
  void on_unreadable(std::string_view frame, const failure& why);

  // -- the operator's wishes (agent_duty.cpp) ---------------------------------

  void on_duty(agent_duty x);
  /// What the bridge has finished is on record.
  void on_settled();

  // -- notifications and timeouts ---------------------------------------------

  /// Another bridge has registered with this agent's id: finds out whether the
  /// bridge of this agent is alive.
  caf::result<bool> on_rival();
  void review_rivals();
  void on_due();
  /// Whether the bridge has been silent for longer than allowed.
  [[nodiscard]] bool is_stale();
  void on_tick();
  void on_core_replaced();
  void on_tokens_changed();
  /// The daemon begins to stop. A bridge that can go on with its work later is
  /// not waited for.
  [[nodiscard]] bool leaves_at_once() const noexcept;

  // -- leaving ----------------------------------------------------------------

  /// Closes the socket with the reason's close code and ends the agent. A
  /// bridge that has not registered yet gets the chance to do so first.
  void leave(errc why);
  /// Does the same at once, with this text in the close frame.
  void leave(errc why, std::string_view close_text);

  /// What the bridge is told before its link is closed, if anything.
  [[nodiscard]] std::optional<goaway_notice> make_goaway(errc why) const;

  /// The session has ended by itself.
  void on_ended(const net::session_end& end);
  /// Fails the pending dispatches. If the agent was registered, also tells the
  /// registry, and publishes, audits and logs the disconnection. Only the first
  /// call has an effect. `detail` adds what is known beyond the reason, such as
  /// the bridge's own close code and text.
  void on_close(errc why, const std::string& detail = {});

  [[nodiscard]] agent_report report() const;

  /// For the metrics.
  void count_in(thread_census& x) const;

  // -- data -------------------------------------------------------------------

  /// `held`: the token will be checked later, because its address has sent too
  /// many wrong ones.
  enum class phase_type { unregistered, held, joining, standing, gone };

  agent_actor::base* self;
  thread_context* context = nullptr;
  std::shared_ptr<net::websocket_session> session;
  std::shared_ptr<net::connection_ledger::place> unregistered_place;
  origin from;
  phase_type phase = phase_type::unregistered;
  /// The grant of the token that the bridge registered with.
  token_grant_ptr who;
  /// The id that the bridge claims, for the log. Empty if the claim could be
  /// anything, such as a misplaced secret.
  agent_id claimed_id;
  announcement_ptr announced;
  incarnation number{};
  /// Set if the bridge speaks protocol 1.1.
  std::optional<registration_terms> terms;
  /// The bridge has not listed all it has yet.
  bool is_resuming = false;
  /// How many dispatches it has listed since it registered.
  std::size_t resumed = 0;
  /// Responses whose dispatches are being looked up in the store, by wire id,
  /// and those of them that must be looked up once more.
  std::size_t lookups = 0;
  std::vector<response> unanswered;
  std::unique_ptr<net::deadline> next_lookup;
  /// The bridge was told why its registration is refused.
  bool is_refused = false;
  /// An operator drains the agent: it leaves when its bridge has nothing left
  /// to finish.
  bool leaves_when_idle = false;
  /// What the bridge has finished is being recorded; then the agent leaves.
  bool is_parting = false;
  /// The bridge took nothing new any more and has closed its link for good: it
  /// no longer has the dispatches that it has not responded to.
  bool has_bridge_ended = false;
  /// Dispatches whose frames must be sent again, by wire id.
  std::vector<message_id> resumed_frames;
  /// The registration of a `held` bridge, as received. Its bytes count against
  /// the budget of first frames, but not the parsed form, which may be many
  /// times as large.
  net::secret_text held_frame;
  /// The response to the registration waits until the agent is on record,
  /// because the store is behind.
  bool is_being_recorded = false;
  /// Set if the agent was told to leave before it was registered.
  std::optional<errc> leave_once_joined;
  /// What the bridge has, by wire id.
  pending_table<pending_dispatch> pending;
  /// What waits until the bridge has a free slot.
  dispatch_queue<pending_dispatch> queue;
  /// The number of dispatches from the queue whose start is being recorded.
  std::size_t starting = 0;
  /// The dispatches that the store is recording, before they are sent or
  /// queued.
  struct unrecorded_dispatches {
    std::size_t count = 0;
    /// Those that will be sent at once.
    std::size_t sends = 0;
    std::size_t bytes = 0;
    std::size_t frame_bytes = 0;
  };
  unrecorded_dispatches unrecorded;
  /// Dispatches that have ended without a response, which may yet come: the
  /// stock bridge does not learn of the end.
  late_results late;
  /// Lets what follows a commit find out what has become of this agent. Created
  /// with the first operation that something follows.
  struct lifeline {
    /// Null once the agent has ended.
    agent_state* agent = nullptr;
    /// Why its link has ended, if it has.
    std::optional<errc> left = {};
    /// Whether the bridge has ended with it.
    bool has_bridge_ended = false;
  };
  std::shared_ptr<lifeline> line;
  /// Number of refused messages: forged ones, results for dispatches that are
  /// not pending, and invalid responses.
  std::uint64_t refused_results = 0;
  std::unique_ptr<liveness> life;
  std::unique_ptr<net::deadline> deadline;
  std::unique_ptr<net::deadline> reading_pause;
  /// When the last long pause in reading ended.
  time_point reading_resumed{};
  complaint_throttle complaints;
  /// Limits the log lines about dispatches refused by a rate limit.
  complaint_throttle refusals;
  /// Memory for the metadata and capabilities that the bridge announced.
  net::byte_budget::share announced_share;
  /// Set when the agent must first prove that its bridge is alive.
  struct rival_inquiry {
    rival_inquiry(net::deadline_queue& queue, std::function<void()> look)
      : next_look(queue, std::move(look)) {}

    life_probe probe;
    net::deadline next_look;
  };
  std::unique_ptr<rival_inquiry> inquiry;
  std::unique_ptr<thread_subscriber> thread_subscription;

private:
  /// Whether a message names this agent. If not, refuses it as forged.
  [[nodiscard]] bool names_me(const agent_id& claimed,
                              const message_id& message);
  void refuse_result(errc why, const agent_id& claimed,
                     const message_id& message, fact::log_turn log,
                     std::string_view detail = {});
  void ignore_frame(const failure& why);
  /// Whether to log what is wrong with a message of this agent: at most once a
  /// second.
  [[nodiscard]] fact::log_turn next_complaint();
  /// Parses the registration in a first frame. If there is none, rejects the
  /// bridge and returns nothing.
  [[nodiscard]] std::optional<registration> read_registration(frame_view frame);
  /// `text` is sent to the bridge, and logged unless `for_the_log` says more.
  void refuse_registration(errc why, std::string_view text,
                           const std::string& for_the_log = {});
  /// The session that the bridge announced, or a new one if it announced none
  /// or one of a control client.
  [[nodiscard]] session_id own_session(const registration& x) const;
  /// Records the agent. If `then` is given, it is called once that is done.
  void record_agent(void (*then)(agent_state&));
  /// Drops metadata and capabilities if there is no memory left for them.
  void limit_announcement(registration& x);
  struct admitted_dispatch {
    std::string frame;
    admission::reservation cost;
  };

  struct unsent_dispatch;

  /// Checks whether the dispatch can be accepted at `wall`, and reserves what
  /// it needs.
  [[nodiscard]] result<admitted_dispatch> admit(const dispatch_order& order,
                                                timestamp wall);
  /// Why an accepted dispatch is not sent at once, if it is not.
  [[nodiscard]] fact::queue_cause cause_of_wait() const;
  /// Records the dispatch; `on_recorded` follows.
  void record(unsent_dispatch x);
  static void on_recorded(const lifeline& line, unsent_dispatch& x,
                          const store::completion& done);
  /// Sends or queues a dispatch that was accepted.
  void take_on(unsent_dispatch& x);
  void send_to_bridge(pending_dispatch x, std::string frame);
  /// Sends a frame, and counts it.
  void send_frame(frame_kind kind, std::string frame);
  [[nodiscard]] const std::shared_ptr<lifeline>& get_line();
  [[nodiscard]] bool has_free_slot() const;
  /// How many ended dispatches the bridge is taken to be busy with.
  [[nodiscard]] std::size_t count_late() const;
  /// For the registry, which routes to the least busy agent.
  void note_load();
  void enqueue(pending_dispatch x);
  /// Takes over a dispatch that names no agent and that this one can do.
  [[nodiscard]] bool fetch_unassigned();
  /// Sends as much of the queue as there are free slots.
  void send_next();
  /// Ends a dispatch that was cancelled while it was on its way to this agent.
  [[nodiscard]] bool end_if_cancelled(pending_dispatch& x);
  void start_attempt(pending_dispatch x);
  /// Records that the attempt is sent, then sends it.
  void record_start(pending_dispatch x);
  /// The link has ended before the frame left.
  static void give_back(thread_context& context, bridge_identity who,
                        incarnation link, pending_dispatch x,
                        const lifeline& line);
  /// The link has ended for the reason `why`; `fate` is what those are told who
  /// do not wait for the agent's return.
  void leave_queue(errc why, const failure& fate);
  void end_overdue_in_queue();
  /// The bridge's current attempt of this dispatch, if it has one.
  [[nodiscard]] std::optional<pending_dispatch>
  extract_attempt(const message_id& id);
  /// The deadline of the attempt has passed. What its bridge may still send is
  /// a late result.
  void time_out(pending_dispatch x, link_notice notice);
  void expect_late_result(const pending_dispatch& x);
  /// The frame of the current attempt.
  [[nodiscard]] std::string frame_of(const pending_dispatch& x) const;
  /// The first attempt, as protocol 1.1 sends it.
  [[nodiscard]] dispatch with_terms(const dispatch_order& order) const;
  /// What protocol 1.1 adds to such a frame.
  [[nodiscard]] dispatch_terms terms_of(const dispatch_order& order,
                                        std::uint16_t attempt,
                                        time_point due) const;
  /// Tells the bridge that the result of this attempt is on record.
  [[nodiscard]] link_notice acknowledge(const message_id& wire_id) const;
  /// Tells the bridge that the result of this attempt is not wanted any more.
  [[nodiscard]] link_notice call_off(const pending_dispatch& x, errc why) const;
  /// Returns false if no dispatch waits for a late result with this id.
  [[nodiscard]] bool keep_late_result(response& x);
  /// The bridge has kept this response while its link was down: finds out what
  /// it belongs to.
  void keep_old_result(response x);
  void look_up(response x);
  void
  on_looked_up(response x, std::uint16_t attempt,
               const store::answer<std::optional<store::dispatch_row>>& found);
  void record_late_result(const ended_attempt& which, response x);
  // -- agent_reading.cpp ------------------------------------------------------
  /// Reads from the bridge more slowly while the hub or the requester is
  /// behind.
  void pause_while_others_are_behind(const dispatch_order& order);
  void pause_while_store_is_behind();
  void pause_reading_for(std::chrono::milliseconds time);
  /// Reads on, unless too much of what was read is still in memory.
  void resume_reading();
  [[nodiscard]] bool must_not_read() const;
  // -- agent_resume.cpp -------------------------------------------------------
  /// The link ends for the reason `why`: awaits the bridge's return, or ends
  /// the attempt with `fate`.
  void part_with(pending_dispatch x, errc why, const failure& fate);
  /// Whether a bridge goes on with its work when its link has ended for this
  /// reason.
  [[nodiscard]] static bool may_come_back(const announcement& agent, errc why);
  /// For how long the queue waits for the next link.
  [[nodiscard]] static std::chrono::milliseconds
  time_to_return(const thread_context& context, const announcement& agent,
                 errc why);
  /// The bridge may come back for the dispatch, which was sent to it.
  static void await_return(thread_context& context, bridge_identity who,
                           pending_dispatch x);
  /// The bridge has ended for good before it has listed all it had: ends the
  /// attempts that it has not come back for.
  void give_up_awaited(errc why, const failure& fate);
  /// All that the bridge has is on the shelf, for the next link.
  void release_hold();
  /// Whether an earlier link has yet to put what the bridge has on the shelf.
  [[nodiscard]] bool must_await_predecessor() const;
  /// Takes over what earlier links have left, as the registration lists it.
  [[nodiscard]] registered_terms resume();
  /// Settles what is awaited and listed; once the list is complete, everything
  /// that is awaited. Returns the listed attempts that go on.
  [[nodiscard]] std::unordered_set<message_id>
  settle_awaited(const std::vector<resume_entry>& listed);
  /// A bridge that has not listed everything yet may hand in a result before it
  /// lists the dispatch. Adopts the dispatch if it is awaited.
  void adopt_if_awaited(const message_id& wire_id);
  /// Returns whether the attempt goes on. `listed` is empty if the bridge does
  /// not know the attempt.
  [[nodiscard]] bool resume_one(waiting_dispatch x,
                                std::optional<resume_state> listed);
  void adopt(pending_dispatch x, bool is_resent);
  void send_resumed_frames();
  [[nodiscard]] reported_cost cost_of(const json_object& usage,
                                      const pending_dispatch& x);
  void record_progress(const pending_dispatch& x, life_step step,
                       const std::shared_ptr<const progress>& report);
  /// Whether the bridge has nothing to finish and is about to be sent nothing.
  [[nodiscard]] bool is_idle() const;
  /// In agent_duty.cpp, like `is_idle`: if the agent is to be drained and is
  /// idle, leaves as soon as everything is on record.
  void leave_if_idle();
  /// Arms the deadline for what is due first.
  void arm_deadline();
  [[nodiscard]] bool has_room_for(const dispatch_order& order) const;
};

/// A limit has refused the dispatch.
void tell_not_admitted(thread_context& context, const announcement& agent,
                       const dispatch_order& order,
                       const admission_refusal& refusal, fact::log_turn log);

agent_actor::behavior_type
agent(agent_state::self_type* self, thread_context* context,
      std::shared_ptr<net::websocket_session> session,
      std::shared_ptr<net::connection_ledger::place> unregistered_place,
      origin from);

} // namespace bridgekeeper::actors
