#pragma once

#include "app/console/terms.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace bridgekeeper::console {

/// What `bridgekeeper console` may send to CAF's network layer (BASP), and
/// nothing else.
///
/// CAF 0.17.6 believes its peers: a handshake without a payload makes it read
/// through a null pointer, the payload that a header announces is allocated
/// before a byte of it arrives, and so is every byte buffer that a message
/// announces. The screen therefore looks at each frame before CAF does: its
/// operation, its order, the size of its payload, and the types of its message.
/// See docs/decisions/0010.
///
/// One for each connection. Knows no socket and no clock.
class basp_screen {
public:
  static constexpr std::size_t header_size = 32;
  /// Of a node id on the wire: what kind it is, process id, host.
  static constexpr std::size_t node_size = 8 + 4 + 20;
  /// The payload of a message. A console command is one line.
  static constexpr std::size_t max_message = 64 * 1024;

  /// Looks at the next bytes from the client, in chunks of any size. Returns
  /// why the connection must end, for the log; then CAF must not see `bytes`.
  /// CAF acts on whole headers and payloads only, and the chunk that completes
  /// one is rejected as a whole; so the beginning of a bad one may reach it.
  [[nodiscard]] std::optional<std::string> objection_to(std::string_view bytes);

private:
  [[nodiscard]] std::optional<std::string> objection_to_header();
  [[nodiscard]] std::optional<std::string> objection_to_payload();

  /// The frame that is arriving: its header, then its payload.
  std::string frame_;
  /// When to look at `frame_` next.
  std::size_t wanted_ = header_size;
  /// The client's own node id, once it has said it.
  std::string node_;
};

} // namespace bridgekeeper::console
