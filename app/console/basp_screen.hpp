#pragma once

#include "app/console/terms.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace bridgekeeper::console {

/// Lets only those frames reach CAF's network layer (BASP) that
/// `bridgekeeper console` sends.
///
/// CAF 0.17.6 trusts its peers: a handshake without a payload makes it read
/// through a null pointer, it allocates the payload that a header announces
/// before a byte of it arrives, and it does the same for every byte buffer that
/// a message announces. The screen therefore checks each frame before CAF sees
/// it: its operation, its order, the size of its payload, and the types of its
/// message. See docs/decisions/0010.
///
/// One object per connection. Does not use a socket or a clock.
class basp_screen {
public:
  static constexpr std::size_t header_size = 32;
  /// The size of a node id on the wire: its kind, a process id and a host.
  static constexpr std::size_t node_size = 8 + 4 + 20;
  /// The maximum payload of a message. A console command is one line.
  static constexpr std::size_t max_message = 64 * 1024;

  /// Checks the next bytes from the client, in chunks of any size. If the
  /// connection must end, returns why, for the log; CAF must not see `bytes`
  /// then. The beginning of an invalid frame may already have reached CAF. That
  /// is harmless, because CAF acts only on complete headers and payloads, and
  /// the chunk that completes an invalid one is rejected as a whole.
  [[nodiscard]] std::optional<std::string> objection_to(std::string_view bytes);

  /// The client's node id as on the wire; empty before the handshake.
  [[nodiscard]] const std::string& node() const noexcept {
    return node_;
  }

private:
  [[nodiscard]] std::optional<std::string> objection_to_header();
  [[nodiscard]] std::optional<std::string> objection_to_payload();

  /// The received part of the current frame: its header, then its payload.
  std::string frame_;
  /// The size of `frame_` at which the next check is due.
  std::size_t wanted_ = header_size;
  std::string node_;
};

} // namespace bridgekeeper::console
