#pragma once

namespace bridgekeeper::app {

/// Whether this process ignores SIGHUP, as `nohup` has its programs do. It must
/// then not handle the signal, and its tasks must ignore it, too. Call it
/// before a handler is installed.
[[nodiscard]] bool ignores_hangup() noexcept;

} // namespace bridgekeeper::app
