#pragma once

#include "actors/supervisor.hpp"
#include "api/thread_context.hpp"
#include "app/config/config.hpp"
#include "domain/access/attempt_throttle.hpp"
#include "domain/ids.hpp"
#include "domain/setting_values.hpp"
#include "net/server/listener.hpp"
#include "store/audit/audit_log.hpp"
#include "store/dispatches/writer.hpp"

#include <string>

namespace bridgekeeper::app {

// These functions translate the operator's settings into the options of each
// room.

/// Throws `std::runtime_error` for an invalid address. `output` accounts for
/// the bytes that wait for readers of streams.
[[nodiscard]] net::listener_options
make_listener_options(const config& x,
                      std::shared_ptr<net::output_ledger> output);

/// For `metrics.listen`, which must not be empty.
[[nodiscard]] net::listener_options
make_metrics_listener_options(const config& x);

[[nodiscard]] actors::agent_options make_agent_options(const config& x);

/// Distinguishes this run of the daemon from any other. Created once, at
/// startup.
struct daemon_identity {
  session_id control_session;
  /// See `api::event_place`.
  std::string event_epoch;
};

/// Returns a different identity for each call. Later ones have later epochs.
[[nodiscard]] daemon_identity make_identity();

/// All threads use the same options. `self` must not change while the daemon
/// runs.
[[nodiscard]] api::control_options
make_control_options(const config& x, const daemon_identity& self);

[[nodiscard]] actors::supervisor_options
make_supervisor_options(const config& x);

/// Must be called only if the audit log has a path.
[[nodiscard]] store::audit_log_options make_audit_options(const config& x);

[[nodiscard]] actors::audit_level make_audit_level(const config& x);
[[nodiscard]] admission_limits make_admission_limits(const config& x);
[[nodiscard]] answer_limits make_answer_limits(const config& x);

/// Must be called only if the daemon has a store. `path` is the store's file.
[[nodiscard]] store::writer_options make_store_options(const config& x,
                                                       std::string path);

[[nodiscard]] store::durability make_durability(const config& x);

[[nodiscard]] throttle_rule make_throttle_rule(const config& x);

/// The number of I/O threads to start.
[[nodiscard]] std::size_t count_io_threads(const config& x);

/// All settings, for explanations.
[[nodiscard]] setting_values make_setting_values(const config& x);

} // namespace bridgekeeper::app
