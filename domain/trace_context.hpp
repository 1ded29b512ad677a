#pragma once

#include <string>
#include <string_view>

namespace bridgekeeper {

/// The trace that a dispatch belongs to (W3C Trace Context). The daemon makes
/// no spans of its own: it passes on what it was given.
struct trace_context {
  /// A valid `traceparent`; empty if there is no trace.
  std::string parent = {};
  /// A valid `tracestate`; may be empty.
  std::string state = {};

  [[nodiscard]] bool empty() const noexcept {
    return parent.empty();
  }

  friend bool operator==(const trace_context&, const trace_context&) = default;
};

/// The longest `tracestate` that is passed on, in bytes. W3C Trace Context,
/// section 3.3.1.5, asks for at least this.
inline constexpr std::size_t max_tracestate = 512;

/// The longest `traceparent` of a later version that is passed on, in bytes.
inline constexpr std::size_t max_traceparent = 128;

/// Whether `x` is a `traceparent` of W3C Trace Context, section 3.2: version,
/// trace id, parent id and flags in lower-case hexadecimal digits, of which
/// neither id is all zeros. A later version may have more at its end.
[[nodiscard]] bool is_valid_traceparent(std::string_view x) noexcept;

/// Makes a trace context of what a peer sent. An invalid `traceparent` is
/// ignored, and so is `tracestate` then; an invalid `tracestate` is ignored
/// alone. This is what W3C Trace Context, section 4.3, asks for.
[[nodiscard]] trace_context make_trace_context(std::string_view parent,
                                               std::string_view state);

/// The 32 digits that all spans of the trace share; empty if `parent` is.
/// Requires a valid or empty `parent`. The view is valid as long as `parent`.
[[nodiscard]] std::string_view trace_id_of(std::string_view parent) noexcept;

} // namespace bridgekeeper
