#pragma once

#include "net/endpoint.hpp"
#include "net/server/io_thread.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace bridgekeeper::net {

struct gate_options {
  /// The first word of the line. Clients of another protocol are disconnected
  /// without being asked for a credential.
  std::string greeting;
  /// Time limit from the connection to the verdict. Must exceed the time for
  /// which a rejection is delayed.
  std::chrono::milliseconds timeout = std::chrono::seconds{10};
  /// Maximum number of connections without a verdict. If there is another one,
  /// the oldest is closed: clients send their line immediately and get a
  /// verdict soon, so the oldest is silent or has a wrong credential. This way,
  /// idle connections cannot keep anyone out.
  std::size_t max_visitors = 64;
  /// Longest accepted line, in bytes.
  std::size_t max_line = 8192;
};

/// Adds authentication to a protocol that has none. It accepts connections and
/// reads one line from each, `GREETING CREDENTIAL`; its owner decides whether
/// the credential is valid. It then responds with `welcome` and hands over the
/// socket, or responds with `refused REASON DETAIL` and closes it. The client
/// must not send anything else before `welcome`; if it does, it is
/// disconnected. See docs/decisions/0010.
///
/// Everything, including the handlers, runs on the given I/O thread.
class gate {
public:
  /// Whose credential it is, for the owner, or why it is rejected.
  using verdict = std::function<void(const result<std::string>&)>;

  /// Checks a credential. Must call the verdict once, on this thread, at any
  /// time.
  using judge = std::function<void(std::string, verdict)>;

  /// Takes over the descriptor of a connected socket, and hears again whose
  /// credential its client has.
  using admit = std::function<void(int, const std::string&)>;

  gate(io_thread& home, gate_options options, judge on_handshake,
       admit on_pass);
  ~gate();

  /// Binds and listens, with SO_REUSEADDR. Returns the bound endpoint, with the
  /// actual port if port 0 was requested, or the system's error message.
  [[nodiscard]] result<endpoint> open(const endpoint& where);

  /// Stops listening and closes all connections without a verdict.
  void close();

private:
  struct impl;
  std::shared_ptr<impl> impl_;
};

/// The client side: connects, sends `greeting` and `credential`, and returns
/// the descriptor of the connected socket, which the caller must close. Fails
/// with the gate's reason, or with `unavailable` if there is no gate. Blocks
/// for up to `timeout`; any thread.
[[nodiscard]] result<int> pass_gate(const endpoint& where,
                                    const std::string& greeting,
                                    const std::string& credential,
                                    std::chrono::milliseconds timeout);

} // namespace bridgekeeper::net
