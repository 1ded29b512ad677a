#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace bridgekeeper::net {

/// A close frame received from the peer.
struct peer_close {
  /// 1005 if the frame has no code (RFC 6455, 7.1.5).
  std::uint16_t code = 1005;
  std::string reason;
};

/// Whether a peer may send this close code: the codes assigned by RFC 6455, 7.4
/// and the IANA registry, and 3000 to 4999.
[[nodiscard]] bool may_be_sent(std::uint16_t close_code) noexcept;

/// Follows the incoming frames of a WebSocket up to the close frame, to work
/// around two errors in Beast's treatment of close codes: it rejects 1014, and
/// accepts 5000 and above. Must see every received byte, in order; keeps at
/// most one frame of up to 125 bytes. Relies on Beast to end connections whose
/// frames are invalid.
class close_code_watch {
public:
  void on_received(std::string_view bytes);

  /// The peer's close frame once it has been received completely; null before.
  [[nodiscard]] const peer_close* close() const noexcept {
    return close_.get();
  }

  /// Corrects the code in Beast's reply to the peer's close frame. Leaves all
  /// other frames unchanged, including close frames that the daemon initiates.
  void correct_answer(std::string& frame) const;

private:
  enum class part : std::uint8_t { head, length, mask, payload };

  void begin(part next, std::uint64_t size) noexcept;
  void on_part_read();
  void on_frame_read();

  [[nodiscard]] bool is_close() const noexcept {
    return opcode_ == 0x8;
  }

  /// Bytes missing from the current part.
  std::uint64_t missing_ = 2;
  std::uint64_t length_ = 0;
  /// The bytes of the current part so far, at most 8; not used for the payload.
  std::array<std::uint8_t, 8> bytes_{};
  std::array<std::uint8_t, 4> mask_{};
  part part_ = part::head;
  std::uint8_t read_ = 0;
  std::uint8_t opcode_ = 0;
  bool masked_ = false;
  /// The payload of a close frame, as received. Like the decoded frame, it is
  /// allocated separately because most connections need neither for most of
  /// their life.
  std::unique_ptr<std::string> payload_;
  std::unique_ptr<const peer_close> close_;
};

} // namespace bridgekeeper::net
