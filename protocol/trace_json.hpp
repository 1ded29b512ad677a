#pragma once

#include "domain/messages.hpp"
#include "domain/trace_context.hpp"

namespace bridgekeeper::protocol {

/// The trace in the context of a dispatch: its members `traceparent` and
/// `tracestate`. Empty if there is none, or an invalid one.
[[nodiscard]] trace_context trace_of(const json_object& context);

/// Adds the trace to a context, unless the context has a `traceparent`
/// already: what the client wrote stays as it is.
[[nodiscard]] json_object with_trace(json_object context,
                                     const trace_context& trace);

} // namespace bridgekeeper::protocol
