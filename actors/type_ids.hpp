#pragma once

// The atoms that name messages between actors, and permission for our payloads
// to travel in messages within this process. The text of an atom has at most
// ten characters.

#include "actors/payloads.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/atom.hpp>
#include <caf/config.hpp>

static_assert(
    CAF_VERSION >= 1700 && CAF_VERSION < 1800,
    "Bridgekeeper is written for CAF 0.17; docs/architecture.md lists "
    "what changed in 0.18");

namespace bridgekeeper::actors {

#define BRIDGEKEEPER_ATOM(name, text)                                          \
  using name##_atom = caf::atom_constant<caf::atom(text)>;                     \
  inline constexpr auto name##_atom_v = name##_atom{};

BRIDGEKEEPER_ATOM(announce, "announce")
BRIDGEKEEPER_ATOM(announced, "announced")
BRIDGEKEEPER_ATOM(attach, "attach")
BRIDGEKEEPER_ATOM(cancel, "cancel")
BRIDGEKEEPER_ATOM(complete, "complete")
BRIDGEKEEPER_ATOM(core, "core")
BRIDGEKEEPER_ATOM(dispatch, "dispatch")
BRIDGEKEEPER_ATOM(due, "due")
BRIDGEKEEPER_ATOM(duty, "duty")
BRIDGEKEEPER_ATOM(ended, "ended")
BRIDGEKEEPER_ATOM(enlist, "enlist")
BRIDGEKEEPER_ATOM(erase, "erase")
BRIDGEKEEPER_ATOM(event, "event")
BRIDGEKEEPER_ATOM(evict, "evict")
BRIDGEKEEPER_ATOM(explain, "explain")
BRIDGEKEEPER_ATOM(fetch, "fetch")
BRIDGEKEEPER_ATOM(find, "find")
BRIDGEKEEPER_ATOM(follow, "follow")
BRIDGEKEEPER_ATOM(forget, "forget")
BRIDGEKEEPER_ATOM(frame, "frame")
BRIDGEKEEPER_ATOM(history, "history")
BRIDGEKEEPER_ATOM(join, "join")
BRIDGEKEEPER_ATOM(kill, "kill")
BRIDGEKEEPER_ATOM(handshake, "handshake")
BRIDGEKEEPER_ATOM(leave, "leave")
BRIDGEKEEPER_ATOM(left, "left")
BRIDGEKEEPER_ATOM(line, "line")
BRIDGEKEEPER_ATOM(list, "list")
BRIDGEKEEPER_ATOM(look, "look")
BRIDGEKEEPER_ATOM(open, "open")
BRIDGEKEEPER_ATOM(outcome, "outcome")
BRIDGEKEEPER_ATOM(past, "past")
BRIDGEKEEPER_ATOM(ping, "ping")
BRIDGEKEEPER_ATOM(place, "place")
BRIDGEKEEPER_ATOM(note, "note")
BRIDGEKEEPER_ATOM(prove, "prove")
BRIDGEKEEPER_ATOM(publish, "publish")
BRIDGEKEEPER_ATOM(record, "record")
BRIDGEKEEPER_ATOM(report, "report")
BRIDGEKEEPER_ATOM(request, "request")
BRIDGEKEEPER_ATOM(resubmit, "resubmit")
BRIDGEKEEPER_ATOM(run, "run")
BRIDGEKEEPER_ATOM(standing, "standing")
BRIDGEKEEPER_ATOM(stop, "stop")
BRIDGEKEEPER_ATOM(task, "task")
BRIDGEKEEPER_ATOM(tick, "tick")
BRIDGEKEEPER_ATOM(tokens, "tokens")
BRIDGEKEEPER_ATOM(untail, "untail")
BRIDGEKEEPER_ATOM(writable, "writable")

#undef BRIDGEKEEPER_ATOM

} // namespace bridgekeeper::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(bridgekeeper::actors::acceptance)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(bridgekeeper::agent_duty)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(bridgekeeper::agent_id)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(bridgekeeper::agent_list)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(bridgekeeper::agent_page)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(bridgekeeper::agent_query)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(bridgekeeper::actors::agent_report)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(bridgekeeper::agent_view)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(bridgekeeper::announcement_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(bridgekeeper::actors::audit_entry_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(bridgekeeper::actors::event_draft)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(bridgekeeper::actors::explain_question)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(bridgekeeper::explanation_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(bridgekeeper::actors::frame_view)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(bridgekeeper::incarnation)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(bridgekeeper::message_id)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(bridgekeeper::origin)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(bridgekeeper::past_events)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(bridgekeeper::actors::request_view)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(bridgekeeper::session_id)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(bridgekeeper::stream_name)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(bridgekeeper::task_view)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(bridgekeeper::net::session_end)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(bridgekeeper::dispatch_record)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(bridgekeeper::errc)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(bridgekeeper::event_ptr)
