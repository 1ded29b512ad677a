#pragma once

#include "app/client/client_options.hpp"
#include "app/client/control_client.hpp"
#include "net/http_call.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// The response of a daemon to a request over HTTP, or why there is none.
struct daemon_reply {
  /// 0 if there is no response.
  unsigned status = 0;
  std::string body;
  /// Set if there is no response, or if the daemon does not accept the token.
  std::optional<control_loss> loss;
};

/// How long a daemon may take for most requests. The longest is a cancel, which
/// waits up to 10 s for the dispatch to end.
inline constexpr std::chrono::milliseconds usual_response_timeout =
    std::chrono::seconds{30};

/// A request for `target` with the token, and without a limit of the time.
[[nodiscard]] net::http_call_options
make_daemon_call(const server_access& access, std::string_view target);

/// Sends GET `target` to a daemon. Blocks; any thread.
[[nodiscard]] daemon_reply ask_daemon(const server_access& access,
                                      std::string_view target);

/// Sends POST `target` with a JSON text to a daemon. A timeout of 0 means no
/// limit. Blocks; any thread.
[[nodiscard]] daemon_reply
tell_daemon(const server_access& access, std::string_view target,
            std::string body = "{}",
            std::chrono::milliseconds timeout = usual_response_timeout);

/// Explains the reply of the daemon at `server` if it is not a response, or if
/// it is about the token.
[[nodiscard]] std::optional<control_loss>
explain_loss(const net::http_reply& reply, const std::string& server);

/// The member `detail` of an error's body, safe to print; empty if there is
/// none.
[[nodiscard]] std::string error_detail(const std::string& body);

/// Says how the daemon at `server` has refused a request such as `GET /x`: its
/// own words, or otherwise the status.
[[nodiscard]] std::string describe_refusal(const daemon_reply& reply,
                                           const std::string& server,
                                           const std::string& request);

/// Escapes everything in `text` that has a meaning in a path or a query.
[[nodiscard]] std::string percent_encoded(std::string_view text);

} // namespace bridgekeeper::app
