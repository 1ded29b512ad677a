#pragma once

// The whole system on one page: who there is, what each can be told, and what
// it answers. Read it from top to bottom and you know how Bridgekeeper works.
//
// Payloads stand in payloads.hpp. A failure travels as a `caf::error` that
// carries a reason of protocol/errc.hpp. `INTERNAL:` marks what an actor is
// told by its own session, deadline or thread.

#include "actors/type_ids.hpp"

#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include <atomic>
#include <limits>
#include <memory>

namespace bridgekeeper::actors {

// -- those who listen ---------------------------------------------------------
// Parts of the interfaces below, for handles that should not do more.

/// Hears how a dispatch is going until the dispatch's own answer ends it.
using dispatch_observer = caf::typed_actor<
    // The agent has the dispatch: it is recorded and its frame is queued.
    caf::reacts_to<accepted_atom, message_id>,
    // The bridge reports progress.
    caf::reacts_to<progress_atom, std::shared_ptr<const progress>>>;

/// Hears events, each once, in order.
using event_subscriber = caf::typed_actor<
    // Something happened.
    caf::reacts_to<event_atom, event_ptr>,
    // Happened before the subscription; comes before live events.
    caf::reacts_to<history_atom, past_events>>;

/// What is to be done, by whom and by when. Shared by all it passes through.
struct dispatch_order {
  dispatch task;
  /// The dispatch this one follows up, where it does.
  std::optional<message_id> followup_to;
  std::chrono::milliseconds timeout{};
  /// Who wants it.
  origin from;
  /// Null where nobody wants to know before the end.
  dispatch_observer observer;
  /// Set while the requester has more to read than it should: its agent reads
  /// the bridge more slowly then. Null where the requester is sent one answer.
  std::shared_ptr<const std::atomic<bool>> requester_is_behind;
};

using dispatch_order_ptr = std::shared_ptr<const dispatch_order>;

/// Who wants to hear of which events. `after` skips what the subscriber has
/// seen. Of the past no more comes at once than holds `max_bytes`, or one
/// event; who is told that there is more asks again.
struct subscription {
  event_subscriber subscriber;
  stream_name which;
  std::uint64_t after = 0;
  bool with_history = true;
  std::size_t max_bytes = std::numeric_limits<std::size_t>::max();
};

// -- agent --------------------------------------------------------------------
// One per connected bridge, spawned by a control session when a bridge
// upgrades; lives on its socket's thread and owns its WebSocket session, its
// pending dispatches with their deadlines, and its liveness. Ends with its
// socket, or when it is replaced, stale or evicted; then every dispatch still
// pending is answered with the reason.

using agent_actor = caf::typed_actor<
    // Sends the task to the bridge. Answered with the bridge's response, or
    // with why there will be none: timeout, agent_lost, replaced,
    // heartbeat_timeout, …
    caf::replies_to<dispatch_atom, dispatch_order_ptr>::with<dispatch_outcome>,
    // The monitor's tick, passed on only to agents that are stale: leave.
    caf::reacts_to<tick_atom>,
    // Another bridge registers under your id: ping yours. Answered with whether
    // it sent anything after that, within 3 s.
    caf::replies_to<prove_atom>::with<bool>,
    // Leave, for this reason: the registry's word to a superseded agent, the
    // operator's to one that is evicted, the daemon's when it shuts down.
    caf::reacts_to<leave_atom, errc>,
    // Tell the operator about yourself.
    caf::replies_to<report_atom>::with<agent_report>,
    // INTERNAL: the session has a frame.
    caf::reacts_to<frame_atom, frame_view>,
    // INTERNAL: the session has ended.
    caf::reacts_to<ended_atom, net::session_end>,
    // INTERNAL: a deadline is due.
    caf::reacts_to<due_atom>,
    // INTERNAL: see whether the bridge has proved to be alive.
    caf::reacts_to<look_atom>,
    // INTERNAL: tokens were replaced, or one has expired; leave if yours is not
    // good any more.
    caf::reacts_to<tokens_atom>,
    // INTERNAL: there is a new registry; announce yourself to it.
    caf::reacts_to<core_atom>>;

// -- registry -----------------------------------------------------------------
// One per daemon; knows every agent by its id. Spawned by the supervisor. When
// it dies, agents stay connected and announce themselves to the next one, which
// holds back its answers until every I/O thread has done so.

using registry_actor = caf::typed_actor<
    // An agent registers. It gets the next incarnation number; who stood under
    // the same id is told to leave. When that happens again and again, the one
    // that stands is asked first; if it is alive, the newcomer fails with
    // agent_id_in_use (contract section 6, number 15).
    caf::replies_to<join_atom, announcement_ptr,
                    agent_actor>::with<incarnation>,
    // An agent that stands already makes itself known to a new registry.
    caf::reacts_to<announce_atom, announcement_ptr, agent_actor, incarnation>,
    // All agents of the I/O thread with this index have announced themselves.
    caf::reacts_to<announced_atom, std::size_t>,
    // An agent has left. Ignored unless this incarnation is the one that
    // stands.
    caf::reacts_to<left_atom, agent_id, incarnation>,
    // Passes the dispatch on to the agent, which answers.
    caf::replies_to<dispatch_atom, dispatch_order_ptr>::with<dispatch_outcome>,
    // Lists an agent that is yet to connect, under an id made from its name.
    // Name and endpoint URL are neither empty nor blank.
    caf::replies_to<enlist_atom, std::string, std::string>::with<agent_view>,
    // Every agent that is remembered, in the order they first registered.
    caf::replies_to<list_atom>::with<agent_list>,
    // A part of that list; fails with unknown_agent.
    caf::replies_to<list_atom, agent_query>::with<agent_page>,
    // One of them; fails with unknown_agent.
    caf::replies_to<find_atom, agent_id>::with<agent_view>,
    // Forgets an agent; fails with unknown_agent or agent_still_connected.
    caf::replies_to<forget_atom, agent_id>::with<bool>,
    // Passes the operator's question on to the agent.
    caf::replies_to<report_atom, agent_id>::with<agent_report>,
    // Passes the operator's order on to the agent; answered once it is passed
    // on.
    caf::replies_to<evict_atom, agent_id>::with<bool>,
    // Whether you still answer.
    caf::replies_to<ping_atom>::with<bool>,
    // The agents that stand.
    caf::replies_to<standing_atom>::with<std::vector<agent_actor>>>;

// -- heartbeat monitor --------------------------------------------------------
// One per daemon. Every tick it has each I/O thread pass the tick on to the
// agents that live there; each judges itself, so neither a heartbeat nor a tick
// costs a message. Spawned by the supervisor.

using heartbeat_monitor_actor = caf::typed_actor<
    // INTERNAL: a tick is due.
    caf::reacts_to<tick_atom>>;

// -- event hub ----------------------------------------------------------------
// One per daemon; gives every event its place in the one order, remembers a
// bounded history of each agent's stream and of dispatches, and pushes to
// subscribers. Spawned by the supervisor.

using event_hub_actor = caf::typed_actor<
    // Something happened.
    caf::reacts_to<publish_atom, event_draft>,
    // Sends history (an empty one where none is wanted), then what happens from
    // now on, until the subscriber ends. Asked again, it sends history again.
    caf::reacts_to<follow_atom, subscription>,
    // Opens a session in which nothing has happened yet.
    caf::replies_to<open_atom, session_id>::with<bool>,
    // What is remembered of a stream; fails with unknown_session.
    caf::replies_to<past_atom, stream_name>::with<past_events>,
    // Whether you still answer.
    caf::replies_to<ping_atom>::with<bool>,
    // What became of a dispatch; fails with unknown_dispatch.
    caf::replies_to<record_atom, message_id>::with<dispatch_record>,
    // What the agent is working on.
    caf::replies_to<task_atom, agent_id>::with<task_view>>;

// -- control session ----------------------------------------------------------
// One per HTTP connection; lives on its socket's thread and owns its HTTP
// session. Spawned when a connection is accepted, ends with it, or when the
// connection becomes a WebSocket: it then spawns an agent or a control channel.

using control_session_actor =
    dispatch_observer::extend_with<event_subscriber>::extend<
        // INTERNAL: the session has a request.
        caf::reacts_to<request_atom, request_view>,
        // INTERNAL: the stream has room again.
        caf::reacts_to<writable_atom>,
        // INTERNAL: the session has ended.
        caf::reacts_to<ended_atom, net::session_end>,
        // INTERNAL: a deadline is due.
        caf::reacts_to<due_atom>,
        // INTERNAL: ask the registry again that died over this dispatch.
        caf::reacts_to<resubmit_atom, dispatch_order_ptr, unsigned>,
        // INTERNAL: tokens were replaced, or one has expired; leave if yours is
        // not good any more.
        caf::reacts_to<tokens_atom>,
        // INTERNAL: core actors were replaced; subscribe again.
        caf::reacts_to<core_atom>,
        // INTERNAL: the daemon shuts down.
        caf::reacts_to<leave_atom, errc>>;

// -- control channel ----------------------------------------------------------
// One per program on /ws/control: many dispatches and subscriptions under way
// on one WebSocket. Spawned by a control session, ends with its socket.

using control_channel_actor =
    dispatch_observer::extend_with<event_subscriber>::extend<
        // INTERNAL: the session has a frame.
        caf::reacts_to<frame_atom, frame_view>,
        // INTERNAL: the session has room again for what is sent to the program.
        caf::reacts_to<writable_atom>,
        // INTERNAL: the session has ended.
        caf::reacts_to<ended_atom, net::session_end>,
        // INTERNAL: ask the registry again that died over this dispatch.
        caf::reacts_to<resubmit_atom, dispatch_order_ptr, unsigned>,
        // INTERNAL: tokens were replaced, or one has expired; leave if yours is
        // not good any more.
        caf::reacts_to<tokens_atom>,
        // INTERNAL: core actors were replaced; subscribe again.
        caf::reacts_to<core_atom>,
        // INTERNAL: the daemon shuts down.
        caf::reacts_to<leave_atom, errc>>;

// -- supervisor ---------------------------------------------------------------
// One per daemon; spawns registry, event hub, heartbeat monitor and console,
// and again when one of them dies. Gives up, and with it the daemon, when that
// happens too often. If it dies itself, the actors it has started go on, and
// the daemon starts another supervisor, which takes them over.

/// The core actors as they stand now.
struct core_handles {
  registry_actor registry;
  event_hub_actor events;
  /// Events published to this very hub that it has not handled yet; a large
  /// one counts as several, see `backlog_weight`. Those who produce events
  /// pause while it is high.
  std::shared_ptr<std::atomic<std::size_t>> event_backlog =
      std::make_shared<std::atomic<std::size_t>>(0);
};

using supervisor_actor = caf::typed_actor<
    // Who are they now? For those who live on no I/O thread.
    caf::replies_to<core_atom>::with<core_handles>,
    // Kills a core actor by name, as a fault drill.
    caf::replies_to<kill_atom, std::string>::with<bool>,
    // Stops the core actors in reverse order, then itself.
    caf::reacts_to<stop_atom>>;

// -- audit trail --------------------------------------------------------------
// One per daemon that has an audit log; owns the log and writes it. Lives on
// CAF's worker pool, because files block. Spawned by the daemon before the
// first connection and again when it dies, and told to stop when all others
// have ended. I/O threads speak to it through their `audit_desk`, which bounds
// what waits here.

using audit_trail_actor = caf::typed_actor<
    // Write this down.
    caf::reacts_to<note_atom, audit_entry_ptr>,
    // End, once all that was said before is written.
    caf::reacts_to<stop_atom>>;

// -- console ------------------------------------------------------------------
// The operator's view, reached on loopback over CAF's own network layer. Who
// knows the admin token gets past the gate before that layer (net/gate.hpp),
// and then the handle of a console session; nobody else is heard at all.
// Spawned by the supervisor.

/// Where lines of a live tail go: an actor in the operator's own process.
using console_terminal = caf::typed_actor<
    // Shows one or more whole lines; answered when they are shown. Until then
    // there are no more.
    caf::replies_to<line_atom, std::string>::with<bool>>;

/// One per attached operator. Ends when the operator's terminal does, or the
/// console.
using console_session_actor = caf::typed_actor<
    // Runs one command; answered with what to print, or with why it failed:
    // invalid_message where the command itself is wrong.
    caf::replies_to<run_atom, std::string>::with<std::string>,
    // Sends events, one a line, of one agent or (empty id) of all, instead of
    // what was sent before.
    caf::reacts_to<tail_atom, std::string>,
    // Sends no more events.
    caf::reacts_to<untail_atom>>;

/// One per live tail, spawned by a console session and ended by it.
using console_tail_actor = event_subscriber::extend<
    // INTERNAL: the event hub died; follow its successor.
    caf::reacts_to<core_atom>>;

using console_actor = caf::typed_actor<
    // INTERNAL: the gate asks whether this token lets an operator in. Fails
    // with why it does not.
    caf::replies_to<knock_atom, std::string>::with<bool>,
    // Opens a console session. Nobody else can ask for one than who was let in.
    caf::replies_to<attach_atom,
                    console_terminal>::with<console_session_actor>>;

} // namespace bridgekeeper::actors

// The console's handles cross a process boundary, so they have numbers.
CAF_BEGIN_TYPE_ID_BLOCK(bridgekeeper, caf::first_custom_type_id)
CAF_ADD_TYPE_ID(bridgekeeper, (bridgekeeper::actors::console_terminal))
CAF_ADD_TYPE_ID(bridgekeeper, (bridgekeeper::actors::console_session_actor))
CAF_END_TYPE_ID_BLOCK(bridgekeeper)

// Everything else stays in this process.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(bridgekeeper::actors::agent_actor)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(bridgekeeper::actors::core_handles)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::vector<bridgekeeper::actors::agent_actor>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(bridgekeeper::actors::event_subscriber)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(bridgekeeper::actors::dispatch_order_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(bridgekeeper::actors::subscription)
