#pragma once

#include "actors/fixture.hpp"
#include "api/control_session.hpp"

#include <memory>
#include <string>

namespace bridgekeeper::test {

/// The path of dispatches to the agent `alpha`.
inline const std::string to_alpha = "/control/agents/alpha/dispatch";

/// A world with a control client: one HTTP connection, and the session that is
/// the actor under test.
struct control_world : started_world {
  explicit control_world(std::size_t thread_count = 1);
  ~control_world();

  /// Another connection of another client.
  [[nodiscard]] std::shared_ptr<fake_http> open();

  /// GET on another connection, with the right token.
  void get_by(fake_http& other, const std::string& path);

  /// Asks with the right token and lets nothing else happen yet.
  void ask_http(const std::string& verb, const std::string& path,
                const std::string& body = "");

  /// Asks, lets the world run, and returns the answer, which must be there.
  net::http_response get(const std::string& path);
  net::http_response post(const std::string& path, const std::string& body);
  net::http_response send(fake_request request);

  /// The answer to the last request, if there is one by now.
  [[nodiscard]] const net::http_response& last_answer() const {
    return http->answers.back();
  }

  control_session_actor aut;
  std::shared_ptr<fake_http> http;
};

/// The header of this name, or "".
[[nodiscard]] std::string header_of(const net::http_response& x,
                                    std::string_view name);

/// The text of an answer's `detail`.
[[nodiscard]] std::string detail_of(const net::http_response& x);

} // namespace bridgekeeper::test
