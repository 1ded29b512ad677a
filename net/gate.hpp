#pragma once

#include "net/endpoint.hpp"
#include "net/io_thread.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace bridgekeeper::net {

struct gate_options {
  /// The first word a visitor says: who knows another protocol is sent away
  /// without a question asked.
  std::string greeting;
  /// From the connection to the verdict. Longer than a refusal is held back.
  std::chrono::milliseconds patience = std::chrono::seconds{10};
  /// Visitors who were not let in yet. For one more, the one that has waited
  /// longest is sent away: a client says its line at once and is judged soon,
  /// so that one says nothing, or is wrong. Silence keeps no one out.
  std::size_t max_visitors = 64;
  /// Of the one line a visitor says.
  std::size_t max_line = 8192;
};

/// Keeps strangers from a protocol that asks nobody who he is. It accepts
/// connections and reads one line of each, `GREETING CREDENTIAL`; whether that
/// will do is for its owner to say. Then it answers `welcome` and gives the
/// socket away, or `refused REASON DETAIL` and closes. Until it has answered
/// `welcome` a visitor says nothing else: what comes before that is no
/// credential, and he is sent away. See docs/decisions/0010.
///
/// Everything happens on the I/O thread it is given, the handlers included.
class gate {
public:
  /// Nothing, or why a visitor is not let in.
  using verdict = std::function<void(std::optional<failure>)>;

  /// Judges a credential. Calls the verdict once, on this thread, at any time.
  using judge = std::function<void(std::string, verdict)>;

  /// Takes over the descriptor of a connected socket.
  using admit = std::function<void(int)>;

  /// `home` must outlive the gate.
  gate(io_thread& home, gate_options options, judge on_knock, admit on_pass);
  ~gate();

  /// Binds and listens, with SO_REUSEADDR. Returns where, with the port that
  /// was given out for port 0, or the system's word for what is wrong.
  [[nodiscard]] result<endpoint> open(const endpoint& where);

  /// Stops listening, and sends away who was not let in yet.
  void close();

private:
  struct impl;
  std::shared_ptr<impl> impl_;
};

/// The visitor's side: connects, says `greeting` and `credential`, and returns
/// the descriptor of the connected socket, which is the caller's to close.
/// Fails with the gate's reason or, where there is no gate, with `unavailable`.
/// Blocks for up to `patience`; any thread.
[[nodiscard]] result<int> pass_gate(const endpoint& where,
                                    const std::string& greeting,
                                    const std::string& credential,
                                    std::chrono::milliseconds patience);

} // namespace bridgekeeper::net
