#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace bridgekeeper::net {

/// A close frame of the peer.
struct peer_close {
  /// 1005 where the frame has none (RFC 6455, 7.1.5).
  std::uint16_t code = 1005;
  std::string reason;
};

/// Whether a peer may send this close code: those that RFC 6455, 7.4 and the
/// IANA registry give out, and 3000 to 4999.
[[nodiscard]] bool may_be_sent(std::uint16_t close_code) noexcept;

/// Follows the frames of a WebSocket's peer as far as its close frame, for what
/// Beast gets wrong about close codes: it takes 1014 for an error, and 5000 and
/// above for valid. Sees every byte that is received, in order, and remembers
/// one frame of at most 125 bytes. Trusts Beast to end connections whose frames
/// break the rules.
class close_code_watch {
public:
  void on_received(std::string_view bytes);

  /// The peer's close frame, once it is whole; null before.
  [[nodiscard]] const peer_close* close() const noexcept {
    return close_.get();
  }

  /// Puts the right code into the close frame with which Beast answers the
  /// peer's. Leaves other frames as they are, our own close frames among them.
  void correct_answer(std::string& frame) const;

private:
  enum class part : std::uint8_t { head, length, mask, payload };

  void begin(part next, std::uint64_t size) noexcept;
  void on_part_read();
  void on_frame_read();

  [[nodiscard]] bool is_close() const noexcept {
    return opcode_ == 0x8;
  }

  /// Of the part that is being read.
  std::uint64_t missing_ = 2;
  std::uint64_t length_ = 0;
  /// What a part other than the payload has so far, at most 8 bytes.
  std::array<std::uint8_t, 8> bytes_{};
  std::array<std::uint8_t, 4> mask_{};
  part part_ = part::head;
  std::uint8_t read_ = 0;
  std::uint8_t opcode_ = 0;
  bool masked_ = false;
  /// Of a close frame, as it was sent. Behind a pointer, as is what it says:
  /// most connections have neither for most of their life.
  std::unique_ptr<std::string> payload_;
  std::unique_ptr<const peer_close> close_;
};

} // namespace bridgekeeper::net
