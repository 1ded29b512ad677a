#pragma once

// The whole system on one page: every actor, the messages it accepts, and its
// responses. Read this page from top to bottom to learn how Bridgekeeper works.
//
// The payloads are declared in payloads.hpp. A failure travels as a
// `caf::error` that carries a reason from domain/errc.hpp. `INTERNAL:` marks
// messages that come from the actor's own session, deadlines, I/O thread or
// gate, or from the actor itself. `DELEGATED` marks requests that another actor
// answers: if that one ends first, the request fails as unhandled.

#include "actors/dispatch_board.hpp"
#include "actors/type_ids.hpp"
#include "domain/dispatch_options.hpp"
#include "domain/trace_context.hpp"

#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include <atomic>
#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace bridgekeeper::actors {

// -- the path of a dispatch ---------------------------------------------------
// A dispatch is identified by its id; the actors involved share nothing else.
//
// * A request (`dispatch_atom`) is answered at once, with the acceptance or the
//   refusal of the dispatch.
// * Progress and the outcome are addressed to the id. A requester that wants
//   them places a `dispatch_watch` on the `dispatch_board` of its I/O thread
//   before it sends the request. The board is a plain class of the thread with
//   its own error boundary: an agent calls the board of its own thread
//   directly, and posts to the boards of other threads.
// * Any actor can ask the event hub for the outcome of a dispatch id
//   (`outcome_atom`), any number of times.

// -- plain classes of an I/O thread -------------------------------------------
// They belong to the thread's context (thread_context.hpp). Only that thread
// calls them, except for `dispatch_board::post`, and their exceptions do not
// reach the caller. They replace messages between actors on the same thread;
// actors on different threads use the messages below.
//
// * `dispatch_board`: the watches of dispatches, see above.
// * `local_agents`: the registered agents of the thread, which accept dispatch
//   requests directly. Requests to other agents go through the registry.
// * `event_journal`, on the thread of the core actors: the order of events,
//   their history, and the records of dispatches. Events published on that
//   thread go to the journal directly, all others in a message to the event
//   hub. The journal outlives every event hub.

/// Receives events, each once and in order.
using event_subscriber = caf::typed_actor<
    // An event has happened.
    caf::reacts_to<event_atom, event_ptr>,
    // These events happened before the subscription; they precede live events.
    caf::reacts_to<history_atom, past_events>>;

/// A dispatch with its deadline and its requester. Immutable, and shared by all
/// actors that it passes through. Names no actor, so it outlives all of them.
struct dispatch_order {
  dispatch task;
  /// The dispatch that this one follows up, if any.
  std::optional<message_id> followup_to;
  /// The agent's own session in which that one was carried out; empty if it is
  /// unknown. Only bridges of protocol 1.1 are told.
  std::string agent_session_id = {};
  /// The capabilities and labels (`key=value`) that the agent must have, if the
  /// task names no agent.
  std::vector<std::string> require;
  dispatch_options options;
  /// The timeouts that apply, whether from the options or by default.
  std::chrono::milliseconds timeout{};
  std::chrono::milliseconds queue_timeout{};
  /// The requester.
  origin from;
  /// The trace that the dispatch belongs to. The context of `task` has it, too.
  trace_context trace;
  /// A request with the same key is the same request.
  std::optional<idempotency_key> key;
  /// The index of the I/O thread whose board has a watch for this dispatch;
  /// empty if it has no watch.
  std::optional<std::size_t> watched_on;
  /// False if the watch needs only the outcome.
  bool wants_progress = false;
  /// True while the requester has too much unread output; meanwhile the agent
  /// reads from its bridge more slowly. Null if the requester is sent a single
  /// response.
  std::shared_ptr<const std::atomic<bool>> requester_is_behind;
};

using dispatch_order_ptr = std::shared_ptr<const dispatch_order>;

/// Selects the events that a subscriber receives.
struct subscription {
  event_subscriber subscriber;
  stream_name which;
  /// Skips the history up to this sequence number.
  std::uint64_t after = 0;
  /// Bounds one batch of history, which may always contain one event. If the
  /// batch says that more events follow, the subscriber must ask again.
  std::size_t max_bytes = std::numeric_limits<std::size_t>::max();
};

// -- agent --------------------------------------------------------------------
// One per connected bridge. A control session spawns it when a bridge requests
// an upgrade. It lives on the I/O thread of its socket and owns its WebSocket
// session, its pending dispatches with their deadlines, its queue, and its
// liveness. It ends with its socket, or when it is replaced, stale or evicted;
// all pending dispatches then fail with the reason, or go to the shelf for
// their next attempt.

using agent_actor = caf::typed_actor<
    // Records the dispatch and sends it to the bridge. Fails if the dispatch is
    // refused; a refused dispatch is not recorded.
    caf::replies_to<dispatch_atom, dispatch_order_ptr>::with<acceptance>,
    // Ends the dispatch, unless it has ended already. Its bridge goes on with
    // it; what the bridge responds is kept as a late result.
    caf::reacts_to<cancel_atom, message_id>,
    // The heartbeat monitor has ticked; agents get this message only if they
    // are stale, and must close their link.
    caf::reacts_to<tick_atom>,
    // Another bridge has registered with this agent's id, so the agent must
    // ping its own. Responds with whether the bridge sent anything within 3 s
    // after that.
    caf::replies_to<prove_atom>::with<bool>,
    // The agent must close its link for this reason. Sent by the registry to a
    // superseded agent, on behalf of an operator to evict an agent, and by the
    // daemon when it shuts down.
    caf::reacts_to<leave_atom, errc>,
    // Describes the agent for an operator.
    caf::replies_to<report_atom>::with<agent_report>,
    // Something on the shelf waits for this agent, which must fetch it.
    caf::reacts_to<fetch_atom>,
    // An operator has given the agent this duty. The registry has already noted
    // in the agent's vitals whether it is cordoned, which is what dispatches
    // depend on; an agent that must drain leaves once its bridge has nothing
    // left to finish.
    caf::reacts_to<duty_atom, agent_duty>,
    // Returns how many dispatches will be sent before this one; fails with
    // unknown_dispatch unless it waits here.
    caf::replies_to<place_atom, message_id>::with<std::uint64_t>,
    // INTERNAL: what the bridge has finished is on record; an agent that must
    // drain may leave.
    caf::reacts_to<duty_atom>,
    // INTERNAL: the session has received a frame.
    caf::reacts_to<frame_atom, frame_view>,
    // INTERNAL: the session has ended.
    caf::reacts_to<ended_atom, net::session_end>,
    // INTERNAL: a deadline has expired.
    caf::reacts_to<due_atom>,
    // INTERNAL: it is time to check whether the bridge has proved to be alive.
    caf::reacts_to<look_atom>,
    // INTERNAL: the tokens were replaced, or one has expired; the agent must
    // close its link if its own token is no longer valid.
    caf::reacts_to<tokens_atom>,
    // INTERNAL: core actors were replaced; the agent must announce itself to
    // the registry, which may be a new one.
    caf::reacts_to<core_atom>>;

// -- registry -----------------------------------------------------------------
// One per daemon; knows every agent by its id. The supervisor spawns it. If it
// dies, agents stay connected and announce themselves to its successor, which
// holds back responses until every I/O thread has announced its agents.

using registry_actor = caf::typed_actor<
    // Registers an agent and responds with the next incarnation number; a
    // connected agent with the same id is told to leave. If that happens
    // repeatedly, the connected agent must first prove that its bridge is
    // alive; if it does, the new one fails with agent_id_in_use (contract
    // section 6, number 15).
    caf::replies_to<join_atom, announcement_ptr,
                    agent_actor>::with<incarnation>,
    // A registered agent announces itself to a new registry.
    caf::reacts_to<announce_atom, announcement_ptr, agent_actor, incarnation>,
    // All agents of the I/O thread with this index have announced themselves.
    caf::reacts_to<announced_atom, std::size_t>,
    // An agent has disconnected. Ignored unless this is its current
    // incarnation.
    caf::reacts_to<left_atom, agent_id, incarnation>,
    // DELEGATED to the agent or, if it is not connected and the dispatch may
    // wait for it, to the dispatcher: see there.
    caf::replies_to<dispatch_atom, dispatch_order_ptr>::with<acceptance>,
    // Lists an agent that has yet to connect, with this name and endpoint URL,
    // under an id derived from its name. Neither text may be blank.
    caf::replies_to<enlist_atom, std::string, std::string>::with<agent_view>,
    // Returns all remembered agents, in the order in which they first
    // registered.
    caf::replies_to<list_atom>::with<agent_list>,
    // Returns a page of that list; fails with unknown_agent if the page should
    // start after an unknown agent.
    caf::replies_to<list_atom, agent_query>::with<agent_page>,
    // Returns one agent; fails with unknown_agent.
    caf::replies_to<find_atom, agent_id>::with<agent_view>,
    // Forgets a disconnected agent; fails with unknown_agent or
    // agent_still_connected.
    caf::replies_to<forget_atom, agent_id>::with<bool>,
    // Erases a disconnected agent on behalf of this operator: from the store,
    // with its dispatches and events, and from memory. Meanwhile, new agents
    // with its id wait. Fails with unknown_agent, agent_still_connected,
    // not_ended, or with what is wrong with the store.
    caf::replies_to<erase_atom, agent_id, origin>::with<bool>,
    // DELEGATED to the agent: describes itself for an operator.
    caf::replies_to<report_atom, agent_id>::with<agent_report>,
    // Evicts an agent on behalf of an operator; responds as soon as the agent
    // has been told to leave.
    caf::replies_to<evict_atom, agent_id>::with<bool>,
    // Gives an agent a duty on behalf of an operator; with an empty id, all
    // known agents. Responds with the number of agents that this changes
    // anything for, as soon as it is on record that they are cordoned or no
    // longer are; fails with unknown_agent.
    caf::replies_to<duty_atom, agent_id, agent_duty>::with<std::uint64_t>,
    // Ends a dispatch if it is on the shelf; otherwise tells the agent or, with
    // an empty id, all agents to end it. Responds at once: the dispatch's
    // outcome tells what came of it. A dispatch that is changing its owner is
    // ended by the next one.
    caf::replies_to<cancel_atom, agent_id, message_id>::with<bool>,
    // Tells the agent, if it is connected, that something on the shelf waits
    // for it; with an empty id, all agents.
    caf::reacts_to<fetch_atom, agent_id>,
    // Returns how many dispatches to this agent will be sent before this one;
    // fails with unknown_dispatch if it does not wait.
    caf::replies_to<place_atom, agent_id, message_id>::with<std::uint64_t>,
    // Checks that the registry still responds.
    caf::replies_to<ping_atom>::with<bool>,
    // Returns the handles of all connected agents.
    caf::replies_to<standing_atom>::with<std::vector<agent_actor>>>;

// -- dispatcher ---------------------------------------------------------------
// One per daemon. The supervisor spawns it. It accepts dispatches to agents
// that are not connected, and ends those that wait for too long. They lie on
// the shelf (`dispatch_shelf`), a plain class shared by all threads, which
// outlives every dispatcher; agents fetch theirs from there. A connected agent
// keeps its own queue.

using dispatcher_actor = caf::typed_actor<
    // Records a dispatch to this agent and puts it on the shelf. Fails if the
    // dispatch is refused.
    caf::replies_to<dispatch_atom, dispatch_order_ptr,
                    announcement_ptr>::with<acceptance>,
    // Something was put on the shelf for this agent or, if the id is empty, for
    // any.
    caf::reacts_to<fetch_atom, agent_id>,
    // Checks that the dispatcher still responds.
    caf::replies_to<ping_atom>::with<bool>,
    // INTERNAL: something on the shelf has waited for too long.
    caf::reacts_to<due_atom>>;

// -- heartbeat monitor --------------------------------------------------------
// One per daemon. The supervisor spawns it. On every tick it has each I/O
// thread call its agents, which judge their own liveness, so neither heartbeats
// nor ticks cost messages.

using heartbeat_monitor_actor = caf::typed_actor<
    // INTERNAL: the next tick is due.
    caf::reacts_to<tick_atom>>;

// -- event hub ----------------------------------------------------------------
// One per daemon. The supervisor spawns it. It receives the messages for the
// event journal, and removes subscribers that have ended.

using event_hub_actor = caf::typed_actor<
    // Adds an event and sends it to its subscribers.
    caf::reacts_to<publish_atom, event_draft>,
    // Sends the history (empty if none is requested), then every later event,
    // until the subscriber ends. If the subscriber asks again, it gets history
    // again.
    caf::reacts_to<follow_atom, subscription>,
    // Opens a session that has no events yet.
    caf::replies_to<open_atom, session_id>::with<bool>,
    // A finished dispatch was erased: forgets its record and its events.
    caf::replies_to<erase_atom, agent_id, message_id>::with<bool>,
    // Returns the remembered events of a stream; fails with unknown_session.
    caf::replies_to<past_atom, stream_name>::with<past_events>,
    // Checks that the event hub still responds.
    caf::replies_to<ping_atom>::with<bool>,
    // Returns the record of a dispatch; fails with unknown_dispatch.
    caf::replies_to<record_atom, message_id>::with<dispatch_record>,
    // Returns the record of a dispatch once the dispatch is finished; fails
    // with unknown_dispatch. An asker has one such request at a time: a new one
    // ends the previous one as unhandled.
    caf::replies_to<outcome_atom, message_id>::with<dispatch_record>,
    // Returns the agent's newest unfinished dispatch, or its newest one if all
    // are finished; empty if it has none.
    caf::replies_to<task_atom, agent_id>::with<task_view>>;

// -- control session ----------------------------------------------------------
// One per HTTP connection, spawned when the connection is accepted. It lives on
// the I/O thread of its socket and owns its HTTP session. It ends with the
// connection, or when the connection becomes a WebSocket; then it spawns an
// agent or a control channel.

using control_session_actor = event_subscriber::extend<
    // INTERNAL: the session has received a request.
    caf::reacts_to<request_atom, request_view>,
    // INTERNAL: the stream has room again.
    caf::reacts_to<writable_atom>,
    // INTERNAL: the session has ended.
    caf::reacts_to<ended_atom, net::session_end>,
    // INTERNAL: a deadline has expired.
    caf::reacts_to<due_atom>,
    // INTERNAL: the registry died before it handled this dispatch, which
    // must be submitted again; the number counts the attempts.
    caf::reacts_to<resubmit_atom, dispatch_order_ptr, unsigned>,
    // INTERNAL: the tokens were replaced, or one has expired; the
    // connection must be closed if its token is no longer valid.
    caf::reacts_to<tokens_atom>,
    // INTERNAL: core actors were replaced; subscriptions and requests that
    // ended with them must be repeated.
    caf::reacts_to<core_atom>,
    // INTERNAL: the daemon is shutting down.
    caf::reacts_to<leave_atom, errc>>;

// -- control channel ----------------------------------------------------------
// One per control client on /ws/control, with many dispatches and subscriptions
// at a time on one WebSocket. A control session spawns it; it ends with its
// socket.

using control_channel_actor = event_subscriber::extend<
    // INTERNAL: the session has received a frame.
    caf::reacts_to<frame_atom, frame_view>,
    // INTERNAL: the session has room for more frames to the client again.
    caf::reacts_to<writable_atom>,
    // INTERNAL: the session has ended.
    caf::reacts_to<ended_atom, net::session_end>,
    // INTERNAL: a deadline has expired.
    caf::reacts_to<due_atom>,
    // INTERNAL: the registry died before it handled this dispatch, which
    // must be submitted again; the number counts the attempts.
    caf::reacts_to<resubmit_atom, dispatch_order_ptr, unsigned>,
    // INTERNAL: the tokens were replaced, or one has expired; the
    // connection must be closed if its token is no longer valid.
    caf::reacts_to<tokens_atom>,
    // INTERNAL: core actors were replaced; subscriptions and requests that
    // ended with them must be repeated.
    caf::reacts_to<core_atom>,
    // INTERNAL: the daemon is shutting down, or an exception has interrupted
    // what the store has answered.
    caf::reacts_to<leave_atom, errc>>;

// -- explainer ----------------------------------------------------------------
// One per question, spawned by the control session or for the console session
// that asks. It lives on an I/O thread, asks the core actors, the agent and the
// store, and ends when it has answered.

using explainer_actor = caf::typed_actor<
    // Explains why an agent or a dispatch is as it is, or what has happened for
    // a reason. Fails with unknown_agent or unknown_dispatch.
    caf::replies_to<explain_atom, explain_question>::with<explanation_ptr>>;

// -- supervisor ---------------------------------------------------------------
// One per daemon. It spawns the registry, the dispatcher, the event hub, the
// heartbeat monitor and the console, and restarts one that dies. If that
// happens too often, it gives up and the daemon exits. If the supervisor itself
// dies, the actors that it started continue, and the daemon starts another
// supervisor, which takes them over.

/// The current core actors.
struct core_handles {
  registry_actor registry;
  dispatcher_actor dispatcher;
  event_hub_actor events;
  /// The number of events that were published to this hub and that it has not
  /// handled yet; large events count more than once, see `backlog_weight`.
  /// While it is high, agents read from their bridges more slowly. Every hub
  /// has its own counter, because events sent to a dead hub never arrive.
  std::shared_ptr<std::atomic<std::size_t>> event_backlog =
      std::make_shared<std::atomic<std::size_t>>(0);
  /// The number of the newest event. A subscription to live events begins
  /// after it, whenever the hub gets to hear of the subscription.
  std::shared_ptr<const std::atomic<std::uint64_t>> newest_event =
      std::make_shared<std::atomic<std::uint64_t>>(0);
};

using supervisor_actor = caf::typed_actor<
    // Returns the current core actors, for actors that live on no I/O thread.
    caf::replies_to<core_atom>::with<core_handles>,
    // Kills an actor by name, as a fault drill.
    caf::replies_to<kill_atom, std::string>::with<bool>,
    // Stops the core actors in reverse order, then the supervisor itself.
    caf::reacts_to<stop_atom>>;

// -- audit trail --------------------------------------------------------------
// One per daemon with an audit log, which it owns and writes. It lives on CAF's
// worker pool, because file operations block. The daemon spawns it before the
// first connection, restarts it when it dies, and stops it after all other
// actors have ended. I/O threads send entries through their `audit_sink`, which
// bounds how many are waiting.

using audit_trail_actor = caf::typed_actor<
    // Writes an entry to the audit log.
    caf::reacts_to<note_atom, audit_entry_ptr>,
    // Ends the trail after all earlier entries have been written.
    caf::reacts_to<stop_atom>>;

// -- console ------------------------------------------------------------------
// The operator's interface, on loopback over CAF's own network layer. In front
// of that layer, a gate (net/server/gate.hpp) requires an admin token;
// connections without one never reach CAF. Past the gate, an operator gets the
// handle of a console session. The supervisor spawns the console.

/// Displays the lines of a live tail: an actor in the operator's own process.
using console_terminal = caf::typed_actor<
    // Displays one or more whole lines and responds when they are displayed.
    // The next lines are sent only after that.
    caf::replies_to<line_atom, std::string>::with<bool>>;

/// One per attached operator. Ends with the operator's terminal or with the
/// console.
using console_session_actor = caf::typed_actor<
    // Runs a command and responds with the text to print, or with an error:
    // invalid_message if the command itself is invalid. A command that shows
    // live events sends them to the terminal, each as a line of JSON, and
    // responds when they end: with `untail_atom`, with another such command, or
    // with the dispatch that it follows.
    caf::replies_to<run_atom, std::string>::with<std::string>,
    // Returns what could complete the last word of this line, one word per
    // line.
    caf::replies_to<complete_atom, std::string>::with<std::string>,
    // Stops the live events.
    caf::reacts_to<untail_atom>>;

/// One per live tail, spawned and ended by a console session.
using console_tail_actor = event_subscriber::extend<
    // INTERNAL: the event hub died; the tail must subscribe to its successor.
    caf::reacts_to<core_atom>>;

using console_actor = caf::typed_actor<
    // INTERNAL: the gate asks whether this token admits an operator. Returns
    // the token's label, or fails with the reason.
    caf::replies_to<handshake_atom, std::string>::with<std::string>,
    // Opens a console session. Only operators that the gate has admitted can
    // send this message.
    caf::replies_to<attach_atom,
                    console_terminal>::with<console_session_actor>>;

} // namespace bridgekeeper::actors

// The console's handles cross a process boundary, so they need type ids.
CAF_BEGIN_TYPE_ID_BLOCK(bridgekeeper, caf::first_custom_type_id)
CAF_ADD_TYPE_ID(bridgekeeper, (bridgekeeper::actors::console_terminal))
CAF_ADD_TYPE_ID(bridgekeeper, (bridgekeeper::actors::console_session_actor))
CAF_END_TYPE_ID_BLOCK(bridgekeeper)

// All other types stay in this process.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(bridgekeeper::actors::agent_actor)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(bridgekeeper::actors::core_handles)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::vector<bridgekeeper::actors::agent_actor>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(bridgekeeper::actors::event_subscriber)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(bridgekeeper::actors::dispatch_order_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(bridgekeeper::actors::subscription)
